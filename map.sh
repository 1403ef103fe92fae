#!/bin/sh
# Who includes whom, room by room, from the sources themselves: map.sh. An arrow that points the wrong way shows here first.
set -eu
cd "$(dirname "$0")"
find wasi server certs webview static -type f \( -name '*.[ch]' -o -name '*.js' \) 2>/dev/null | while read -r file; do
	grep -nEo '^ *# *include "[^"]+"|^(import|export) .*from "[^"]+"|^import "[^"]+"' "$file" | sed 's/^[0-9]*://' | while IFS= read -r line; do
		target=${line%\"}
		target=${target##*\"}
		case $target in /_wvwasi/*) path=static/${target#/_wvwasi/} ;; *) path=$(dirname "$file")/$target ;; esac
		printf '%s %s\n' "$(dirname "$file")" "$(dirname "$path")"
	done
done | awk '
function tidy(path,   parts, n, i, kept, k) { # a/b/../c is a/c
	n = split(path, parts, "/"); k = 0
	for (i = 1; i <= n; i++)
		if (parts[i] == "..") k--
		else if (parts[i] != ".") kept[++k] = parts[i]
	path = kept[1]
	for (i = 2; i <= k; i++) path = path "/" kept[i]
	return path
}
{ to = tidy($2); if (to != $1 && !(($1, to) in seen)) { seen[$1, to] = 1; print $1, to } }' | sort | awk '
$1 != room { if (room != "") print line; room = $1; line = sprintf("%-22s -> %s", room, $2); next }
{ line = line ", " $2 }
END { print line }'
