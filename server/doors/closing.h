/* After a window was closed: its programs write what they still hold and end, and its sessions end. Leaves to others: whether the
 * gateway ends with it (keeper/windows.c). */
#ifndef SERVER_DOORS_CLOSING_H
#define SERVER_DOORS_CLOSING_H

#include <stdint.h>

struct gateway;

/* requester: the window, by the number that its sessions have. SAY_CLOSED follows, within three seconds. */
void closing_begin(struct gateway *gateway, uint32_t requester);

#endif
