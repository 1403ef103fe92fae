/* `wvwasi-gw cert`: makes the local CA and this machine's certificate, and prints which exist. Leaves to others: keeping them
 * (store.h). */
#ifndef CERTS_COMMAND_H
#define CERTS_COMMAND_H

/* argv[0] is "cert". Returns the exit code: 1: it failed; 2: a wrong command line. */
int cert_run(int argc, char **argv);

#endif
