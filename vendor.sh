#!/bin/sh
# Gathers what we serve and haven't written, xterm.js with its addons, from node_modules (or from vendor/, which a release brings along)
# into a folder: vendor.sh FOLDER. Their licences become one LICENSE.txt beside them, which --licenses prints.
set -eu
cd "$(dirname "$0")"
to=$1
packages='xterm addon-fit addon-search addon-unicode11 addon-web-links'

if [ -d vendor/xterm ]; then
	mkdir -p "$to"
	cp vendor/xterm/* "$to"
	exit
fi
mkdir -p "$to.new"
for package in $packages; do
	from=node_modules/@xterm/$package
	if ! [ -d "$from" ]; then
		echo "vendor.sh: not there: '$from' (make deps)" >&2
		exit 1
	fi
	# Maps of their sources are not served, so nobody should look for them.
	sed '/^\/\/# sourceMappingURL=/d' "$from/lib/$package.mjs" >"$to.new/$package.mjs"
	version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$from/package.json")
	printf '@xterm/%s %s\n\n' "$package" "$version"
	cat "$from/LICENSE"
	printf '\n\n'
done >"$to.new/LICENSE.txt"
cp node_modules/@xterm/xterm/css/xterm.css "$to.new"
rm -rf "$to"
mv "$to.new" "$to"
