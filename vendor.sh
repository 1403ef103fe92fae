#!/bin/sh
# Gathers what we serve and haven't written, xterm.js with its addons, into a folder: vendor.sh FOLDER ARCHIVES. The packages come as
# archives, which fetch.sh keeps in the folder ARCHIVES. Their licences become one LICENSE.txt beside them, which --licenses prints.
set -eu
cd "$(dirname "$0")"
to=$1
archives=$2
packages='xterm addon-fit addon-search addon-unicode11 addon-web-links'

rm -rf "$to.new" "$to.unpacked"
mkdir -p "$to.new"
sh ./fetch.sh "$archives" $(printf '@xterm/%s ' $packages) >"$to.new/archives"
for package in $packages; do
	from=$to.unpacked/$package
	mkdir -p "$from"
	tar -xzf "$(grep "/xterm-$package-[0-9]" "$to.new/archives")" -C "$from" --strip-components=1
	# Maps of their sources are not served, so nobody should look for them.
	sed '/^\/\/# sourceMappingURL=/d' "$from/lib/$package.mjs" >"$to.new/$package.mjs"
	version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$from/package.json")
	printf '@xterm/%s %s\n\n' "$package" "$version"
	cat "$from/LICENSE"
	printf '\n\n'
done >"$to.new/LICENSE.txt"
rm "$to.new/archives"
cp "$to.unpacked/xterm/css/xterm.css" "$to.new"
rm -rf "$to" "$to.unpacked"
mv "$to.new" "$to"
