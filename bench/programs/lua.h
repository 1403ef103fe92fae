/* What Lua's libraries ask of an operating system and preview1 hasn't: processes and temporary names. */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define system(command) (-1)
#define tmpfile() NULL
#define tmpnam(buffer) NULL
#define L_tmpnam 20
#define DEB_HOST_MULTIARCH "wasm32-wasi" /* a header that Debian's build makes */
