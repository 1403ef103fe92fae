#!/bin/sh
# Gathers what we serve and haven't written: vendor.sh FOLDER ARCHIVES. xterm.js with its addons goes into FOLDER/terminal/xterm, client-zip into
# FOLDER/folders/client-zip. The packages come as archives, which fetch.sh keeps in the folder ARCHIVES. The licences of what is in one folder become one
# LICENSE.txt there, which --licenses prints.
set -eu
cd "$(dirname "$0")"
to=$1
archives=$2

# gather FOLDER MODULE PACKAGE…: each package's module, whose name in the package MODULE says (NAME stands for the package's own).
gather() {
	folder=$to/$1
	module=$2
	shift 2
	rm -rf "$folder.new" "$folder.unpacked"
	mkdir -p "$folder.new"
	for package in "$@"; do
		name=${package##*/}
		from=$folder.unpacked/$name
		mkdir -p "$from"
		tar -xzf "$(sh ./fetch.sh "$archives" "$package")" -C "$from" --strip-components=1
		file=$from/$(echo "$module" | sed "s/NAME/$name/")
		# Maps of their sources are not served, so nobody should look for them.
		sed '/^\/\/# sourceMappingURL=/d' "$file" >"$folder.new/$name.${file##*.}"
		version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$from/package.json")
		printf '%s %s\n\n' "$package" "$version"
		# One archive of xterm.js's lacks it; the repository, and so the licence, is the same for all.
		cat "$from"/LICENSE* 2>/dev/null || cat "$folder.unpacked/xterm/LICENSE"
		printf '\n\n'
	done >"$folder.new/LICENSE.txt"
}
# settle FOLDER: it is whole.
settle() {
	rm -rf "$to/$1" "$to/$1.unpacked"
	mv "$to/$1.new" "$to/$1"
}

sh ./fetch.sh "$archives" @xterm/xterm @xterm/addon-fit @xterm/addon-image @xterm/addon-search @xterm/addon-serialize @xterm/addon-unicode11 @xterm/addon-web-links client-zip >/dev/null # at once
gather terminal/xterm lib/NAME.mjs @xterm/xterm @xterm/addon-fit @xterm/addon-image @xterm/addon-search @xterm/addon-serialize @xterm/addon-unicode11 @xterm/addon-web-links
cp "$to/terminal/xterm.unpacked/xterm/css/xterm.css" "$to/terminal/xterm.new"
settle terminal/xterm
gather folders/client-zip index.js client-zip
settle folders/client-zip
