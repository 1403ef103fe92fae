#!/bin/sh
# Debian's packages, for the Debian that this runs on: deb.sh RELEASE.tar.gz FOLDER. SOURCE_DATE_EPOCH: when the release was made.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tarball=$(realpath "$1")
mkdir -p "$2"
cd "$2"
if ! command -v dh >/dev/null || ! command -v dpkg-buildpackage >/dev/null; then
	echo "deb.sh: debhelper is missing. On Debian: sudo apt-get install debhelper" >&2
	exit 1
fi
name=$(basename "$tarball" .tar.gz)
rm -rf "$name"
tar -xzf "$tarball"
cp -r "$here/debian" "$name/debian"
cd "$name"
sh "$here/changelog.sh" "${name##*-}" debian/control >debian/changelog
dpkg-buildpackage --build=binary --unsigned-changes
cd ..
rm -rf "$name"
