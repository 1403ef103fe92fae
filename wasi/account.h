/* How much memory the gateway holds for one session, for any purpose. When the budget is used up, no more of its calls are read
 * or run until some is free again; a request past twice the budget is refused, and its program or connection ends. Any thread may
 * take and give. Leaves to others: what is counted, and what happens when there's no more. */
#ifndef SERVER_BASE_ACCOUNT_H
#define SERVER_BASE_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct account {
	atomic_size_t held;
	size_t budget; /* bytes */
};

/* False: that would be more than twice the budget, and nothing was taken. account NULL, here and below: there is no budget. */
static inline bool account_take(struct account *account, size_t bytes)
{
	if (!account)
		return true;
	if (atomic_fetch_add(&account->held, bytes) + bytes <= 2 * account->budget)
		return true;
	atomic_fetch_sub(&account->held, bytes);
	return false;
}

static inline void account_give(struct account *account, size_t bytes)
{
	if (account)
		atomic_fetch_sub(&account->held, bytes);
}

static inline bool account_is_full(struct account *account)
{
	return atomic_load(&account->held) >= account->budget;
}

#endif
