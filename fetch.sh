#!/bin/sh
# Brings packages of npm as the archives that package-lock.json (or $LOCK) pins, and prints the archives' names: fetch.sh FOLDER PACKAGE…
# An archive's SHA-512 must be the lockfile's. What vendor/ has (a release brings it along) needs no network. npm, where it is
# installed, downloads the way it is configured; else curl or wget does, from NPM_CONFIG_REGISTRY or npm's public registry.
set -eu
cd "$(dirname "$0")"
to=$1
shift
lock=${LOCK:-package-lock.json}
registry=${NPM_CONFIG_REGISTRY:-${npm_config_registry:-https://registry.npmjs.org}}
part=

# locked PACKAGE FIELD: what the lockfile says.
locked() {
	sed -n "\|^[[:space:]]*\"node_modules/$1\": {|,/^[[:space:]]*}/s/^[[:space:]]*\"$2\": \"\([^\"]*\)\".*/\1/p" "$lock" | head -n 1
}
# As `npm pack` names it.
name_of() {
	echo "$(echo "$1" | sed 's/^@//; s,/,-,')-$(locked "$1" version).tgz"
}
# is_pinned PACKAGE FILE
is_pinned() {
	digest=$(locked "$1" integrity | sed 's/^sha512-//' | base64 -d | od -An -v -tx1 | tr -d ' \n')
	[ "$(sha512sum "$2" 2>/dev/null | cut -d ' ' -f 1)" = "$digest" ]
}
give_up() {
	echo "fetch.sh: $1" >&2
	exit 1
}
# Into $part. It fails at once: no retries.
download() {
	if command -v npm >/dev/null; then
		for package in "$@"; do set -- "$@" "$package@$(locked "$package" version)"; shift; done
		npm pack --silent --prefer-offline --fetch-retries=0 --pack-destination "$part" "$@" >/dev/null
		return
	fi
	for package in "$@"; do
		url=${registry%/}/$package/-/${package##*/}-$(locked "$package" version).tgz
		if command -v curl >/dev/null; then
			curl -sSfL --connect-timeout 15 -o "$part/$(name_of "$package")" "$url" || return
		elif command -v wget >/dev/null; then
			wget -q --tries=1 --connect-timeout=15 -O "$part/$(name_of "$package")" "$url" || return
		else
			give_up 'neither npm nor curl nor wget is installed: sudo apt-get install curl ca-certificates'
		fi
	done
}

missing=
for package in "$@"; do
	[ -n "$(locked "$package" version)" ] || give_up "$lock doesn't name '$package'"
	file=vendor/$(name_of "$package")
	if [ -e "$file" ]; then
		is_pinned "$package" "$file" || give_up "'$file' isn't what $lock pins: its SHA-512 is another"
	elif ! is_pinned "$package" "$to/$(name_of "$package")"; then
		missing="$missing $package"
	fi
done
if [ -n "$missing" ]; then
	echo "download$missing" >&2
	mkdir -p "$to"
	part=$(mktemp -d "$to/part.XXXXXX")
	trap 'rm -rf "$part"' EXIT
	download $missing ||
		give_up "cannot download from npm's registry. Without a network, build from a release (make dist), which has these packages inside"
	for package in $missing; do
		is_pinned "$package" "$part/$(name_of "$package")" ||
			give_up "what came for '$package' isn't what $lock pins: its SHA-512 is another"
		mv "$part/$(name_of "$package")" "$to"
	done
fi
for package in "$@"; do
	file=vendor/$(name_of "$package")
	[ -e "$file" ] || file=$to/$(name_of "$package")
	echo "$file"
done
