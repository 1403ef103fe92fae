/* All windows of an app are of one process, so that they have one storage: whoever is started while another process holds the
 * app's data asks that one to open the window, by a socket in the folder of the data. Leaves to others: holding the data
 * (places.h), the window (window.h). */
#ifndef WEBVIEW_SHARING_H
#define WEBVIEW_SHARING_H

#include <stdbool.h>

struct pairing;

/* We hold the data in this folder: opens windows for others, of this origin (lent for good), for as long as they want them. Where
 * it can't, they keep nothing. */
void sharing_serve(const char *folder, const char *origin);

/* Another process holds it: has it open a window, and waits until that is closed. Then the pairing's keeper is told. False: it
 * opens none. */
bool sharing_join(const char *folder, const char *origin, struct pairing *pairing);

#endif
