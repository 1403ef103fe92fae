#!/bin/sh
# Unpacks source packages of Debian's, of the release that this machine runs and with Debian's changes: debian-source.sh FOLDER PACKAGE… makes
# FOLDER/PACKAGE-VERSION/. apt checks the signatures. Its list is one of our own in FOLDER: the machine's stays as it is. What is there already needs
# no network.
set -eu
mkdir -p "${1:?usage: debian-source.sh FOLDER PACKAGE…}"
to=$(cd "$1" && pwd)
shift
missing=
for package in "$@"; do
	ls -d "$to/$package"-*/ >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

uri=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
[ -n "$uri" ] || uri=$(awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^(http|file|copy)/) {print $i; exit}}' /etc/apt/sources.list)
mkdir -p "$to/apt/lists/partial"
printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
	"$uri" "$(. /etc/os-release && echo "$VERSION_CODENAME")" > "$to/apt/source.sources"
set -- -q -o "Dir::Etc::SourceList=$to/apt/source.sources" -o Dir::Etc::SourceParts=/nonexistent -o "Dir::State::Lists=$to/apt/lists" \
	-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=
apt-get "$@" update >/dev/null
# Whole or not at all: it is unpacked elsewhere first.
part=$(mktemp -d "$to/part.XXXXXX")
trap 'rm -rf "$part"' EXIT
cd "$part"
for package in $missing; do
	apt-get "$@" source "$package" >/dev/null
	mv "$package"-*/ "$to"
done
