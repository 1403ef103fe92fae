#!/bin/sh
# Which packages a test run used though deps.sh doesn't name them, nor anything that it names needs them: unnamed.sh, after `make test`.
# Used is what was read since build/test.log was begun, as the filesystem's access times tell. Linux moves those once a day at most, and
# some filesystems never: a package on this list is one to name, and the number says how many packages it could tell of.
set -eu
cd "$(dirname "$0")/../.."
begun=$(stat -c %W build/test.log)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find /usr -xdev -type f -newerat "@$begun" >"$work/usr"
sed -n 's,^/usr/\(bin\|sbin\|lib\),/\1,p' "$work/usr" | cat - "$work/usr" >"$work/files" # packages know /bin, /sbin and /lib by both names
grep -lxFf "$work/files" /var/lib/dpkg/info/*.list | sed 's,.*/,,; s/\.list$//; s/:.*//' | sort -u >"$work/used"
{
	dpkg-query -W -f '${Package} ${Priority}\n' | sed -n 's/ required$//p'
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
		make git bash $(./deps.sh names build test) | sed -n 's/^ *\(|*[A-Z][A-Za-z]*: \)*\([a-z0-9][^ :]*\).*/\2/p'
} | sort -u >"$work/named"
comm -23 "$work/used" "$work/named" >"$work/unnamed"
echo "packages used though not named, of $(wc -l <"$work/used") seen used: $([ -s "$work/unnamed" ] && tr '\n' ' ' <"$work/unnamed" || echo none)"
