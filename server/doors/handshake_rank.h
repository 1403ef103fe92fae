/* Whose TLS handshake comes first when not all can be at it: addresses that were paired, then those that have no handshake open
 * and haven't left any unfinished lately, then the others. Leaves to others: the queue and the handshakes (lan.c). */
#ifndef SERVER_DOORS_HANDSHAKE_RANK_H
#define SERVER_DOORS_HANDSHAKE_RANK_H

#include <stdint.h>

enum handshake_rank { RANK_PAIRED, RANK_NEW, RANK_OTHER };
enum { HANDSHAKE_YOUNG_MS = 1000 };

/* Of a connection that is to begin one; open: how many of its address are at it. */
enum handshake_rank handshake_rank(const char *address, unsigned open, uint64_t now_ms);
/* Of one that is at it for so long: whom must it make room for? */
enum handshake_rank handshake_rank_of_open(const char *address, uint64_t age_ms, uint64_t now_ms);
/* One of that address took long and came to nothing: remembered for a minute. */
void handshake_unfinished(const char *address, uint64_t now_ms);

#endif
