/* wasi-libc has none: clang makes setjmp and longjmp of wasm exceptions (-wasm-enable-sjlj), with tests/guests/sjlj.c beneath. */
#pragma once

typedef long long jmp_buf[8];
typedef jmp_buf sigjmp_buf;
int setjmp(jmp_buf) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf, int);
#define _setjmp setjmp
#define _longjmp longjmp
