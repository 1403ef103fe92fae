#!/bin/sh
# Makes BUILD/embedded.S, the table behind embedded.h, from files below static/ or BUILD/static/: embed.sh BUILD FILE...
set -eu
build=$1
shift
out=$build/embedded.S.new
{
	printf '\t.section .rodata\n'
	number=0
	for file in "$@"; do
		name=${file#"$build"/}
		name=${name#static/}
		sum=$(sha256sum "$file" | cut -c1-32)
		printf 'name%d:\t.asciz "%s"\netag%d:\t.asciz "\\"%s\\""\n' $number "$name" $number "$sum"
		printf '\t.balign 16\nbytes%d:\t.incbin "%s"\nend%d:\n' $number "$file" $number
		number=$((number + 1))
	done
	printf '\t.section .data.rel.ro, "aw"\n\t.balign 8\n\t.globl embedded_files\nembedded_files:\n'
	i=0
	while [ $i -lt $number ]; do
		printf '\t.dc.a name%d, bytes%d, end%d - bytes%d, etag%d\n' $i $i $i $i $i
		i=$((i + 1))
	done
	printf '\t.section .rodata\n\t.balign 8\n\t.globl embedded_count\nembedded_count:\t.dc.a %d\n' $number
	printf '\t.section .note.GNU-stack, "", %%progbits\n'
} >"$out"
mv "$out" "$build/embedded.S"
