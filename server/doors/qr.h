/* QR codes for terminals: two modules a character, light ones as blocks, for terminals are dark (and cameras read light ones, too). */
#ifndef SERVER_DOORS_QR_H
#define SERVER_DOORS_QR_H

#include <stddef.h>

struct gateway;

/* Calls line() with each line, in UTF-8; never for a text that is too long for a terminal's. */
void qr_print(const char *text, struct gateway *gateway, void line(struct gateway *gateway, const char *text));

#endif
