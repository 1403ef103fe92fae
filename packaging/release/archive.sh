#!/bin/sh
# A release's archive: the program, the libraries that it needs and that aren't glibc's, their licences, the bill of materials:
# archive.sh PROGRAM VERSION TO.tar.gz. On Debian, whose packages name versions and licences. SOURCE_DATE_EPOCH: when the release was made.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$1 version=$2 archive=$3
name=$(basename "$archive" .tar.gz)
to=$(dirname "$archive")/$name
docs=$to/share/doc/wvwasi-gw
rm -rf "$to"
umask 022
mkdir -p "$to/bin" "$to/lib/wvwasi-gw" "$docs/licenses" "$to/share/man/man1"
give_up() {
	echo "archive.sh: $1" >&2
	exit 1
}
command -v dpkg-query >/dev/null || give_up 'a release is made on Debian: dpkg-query is missing'

# The libraries: NAME => FILE of what the loader finds here, but glibc's. libcurl isn't linked, the dialer loads it.
curl=$(/sbin/ldconfig -p | sed -n 's/^[[:space:]]*libcurl\.so\.4 (libc6,x86-64) => //p' | head -n 1)
[ -n "$curl" ] || give_up 'libcurl is missing. On Debian: sudo apt-get install libcurl4'
{
	ldd "$program" "$curl"
	echo "	libcurl.so.4 => $curl (loaded)"
} | sed -n 's/^[[:space:]]*\([^ ]*\) => \(\/[^ ]*\) .*/\1 \2/p' |
	grep -v -E '^(libc|libm|libdl|libpthread|librt|libresolv)\.so\.[0-9]+ ' | sort -u >"$to/needed"
: >"$to/libraries"
while read -r soname file; do
	real=$(realpath "$file")
	package=$(dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "${real#/usr}") || give_up "'$real' belongs to no package of Debian"
	package=${package%%:*}
	install -m 644 "$real" "$to/lib/wvwasi-gw/$soname"
	[ -e "$docs/licenses/$package" ] || install -m 644 "/usr/share/doc/$package/copyright" "$docs/licenses/$package"
	# What the SBOM says of each: package, version, source and its version, file, digest.
	echo "$(dpkg-query -W -f '${Package} ${Version} ${source:Package} ${source:Version}' "$package") $soname $(sha512sum "$real" | cut -d ' ' -f 1)" >>"$to/libraries"
done <"$to/needed"
# Licences that a copyright file of Debian names without repeating them.
for licence in $(cat "$docs"/licenses/* | grep -o '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' | sort -u); do
	install -m 644 "$licence" "$docs/licenses/"
done

install -m 755 "$program" "$to/bin/wvwasi-gw"
strip --strip-all "$to/bin/wvwasi-gw"
"$to/bin/wvwasi-gw" --man >"$to/share/man/man1/wvwasi-gw.1"
cp "$here/../../LICENSE" "$here/../../CHANGES.md" "$docs"
sh "$here/../sbom.sh" "$version" "$to/libraries" >"$docs/wvwasi-gw.spdx.json"
needs=$(objdump -T "$to/bin/wvwasi-gw" "$to"/lib/wvwasi-gw/* | grep -o 'GLIBC_2\.[0-9]*' | sort -V | tail -n 1)
{
	sed -e "s/VERSION/$version/g" -e "s/GLIBC/glibc ${needs#GLIBC_}/" "$here/README"
	cut -d ' ' -f 3,4 "$to/libraries" | sort -u | sed 's/ /=/; s/^/  apt-get source /'
} >"$to/README"
rm "$to/needed" "$to/libraries"
chmod -R u=rwX,go=rX "$to"
tar -C "$to/.." --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c "$name" | gzip -9n >"$archive"
rm -rf "$to"
