/* QR codes for terminals: a character shows two modules. Light modules are blocks, because terminals are dark; cameras read
 * both. */
#ifndef SERVER_DOORS_QR_H
#define SERVER_DOORS_QR_H

#include <stddef.h>

struct gateway;

/* Calls line() with each line, in UTF-8; not at all if the text is too long for a terminal. */
void qr_print(const char *text, struct gateway *gateway, void line(struct gateway *gateway, const char *text));

#endif
