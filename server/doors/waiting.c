#include "waiting.h"

#include "client.h"

void waiting_add(struct waiting *waiting, struct http_conn *conn)
{
	struct client *client = client_of(conn), **end = &waiting->first;

	while (*end)
		end = &(*end)->next_waiting;
	*end = client;
	client->next_waiting = NULL;
	client->waits_in = waiting;
	client->conn = conn;
	waiting->count++;
	http_conn_wait(conn);
}

struct http_conn *waiting_first(const struct waiting *waiting)
{
	return waiting->first ? waiting->first->conn : NULL;
}

void waiting_leave(struct client *client)
{
	struct client **link;

	if (!client->waits_in)
		return;
	for (link = &client->waits_in->first; *link != client;)
		link = &(*link)->next_waiting;
	*link = client->next_waiting;
	client->waits_in->count--;
	client->waits_in = NULL;
}
