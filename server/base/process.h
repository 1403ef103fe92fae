/* What the gateway's and the dialer's process have in common at their start. */
#ifndef SERVER_BASE_PROCESS_H
#define SERVER_BASE_PROCESS_H

/* Leaves signals to the keeper, since Ctrl-C reaches all three, and raises the limit of open descriptors to at most 65,536. */
void process_prepare(void);

#endif
