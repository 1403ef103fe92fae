#include "doors.h"

#include "listener.h"
#include "pairing_request.h"
#include "proxy.h"
#include "reload.h"
#include "server/http/relay.h"
#include "route.h"
#include "server/base/gateway.h"

enum { SWEEP_MS = 1000 };

static uv_timer_t sweep_timer;

enum bound doors_bind(struct gateway *gateway, int kept_port, struct lan_setup *setup)
{
	enum bound bound = listener_bind(gateway, kept_port);

	return bound != BOUND || lan_bind(gateway, setup) ? bound : BOUND_NOT;
}

static void on_sweep(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;

	http_conns_sweep(uv_now(gateway->loop));
	relays_sweep(uv_now(gateway->loop));
	lan_sweep(gateway, uv_now(gateway->loop));
	pairing_request_sweep(gateway);
	listener_look(gateway);
}

void doors_start(struct gateway *gateway)
{
	listener_start(gateway, route_accept);
	lan_start(gateway, route_accept);
	reload_start(gateway);
	proxy_start(gateway, route_accept);
	uv_timer_init(gateway->loop, &sweep_timer);
	sweep_timer.data = gateway;
	uv_timer_start(&sweep_timer, on_sweep, SWEEP_MS, SWEEP_MS);
}

void doors_stop(struct gateway *gateway)
{
	listener_stop(gateway);
	uv_timer_stop(&sweep_timer);
	uv_close((uv_handle_t *)&sweep_timer, NULL);
	http_conns_close();
	relays_close();
	reload_stop();
	lan_stop(gateway);
}

void doors_cut(struct gateway *gateway)
{
	lan_cut(gateway);
}
