/* SPDX-License-Identifier: MPL-2.0 */

/* Monitors and proxies. */

#include "check.h"

static void *ctx;

/* event reads an event of version 1. */
static int event(void *m, uint32_t *value, char *endpoint)
{
	unsigned char head[6];
	uint16_t number;
	int n;

	MUST(zmq_recv(m, head, sizeof head, 0) == 6 && get(m, ZMQ_RCVMORE) == 1);
	memcpy(&number, head, 2);
	memcpy(value, head + 2, 4);
	MUST((n = zmq_recv(m, endpoint, 255, 0)) >= 0 && n < 255);
	endpoint[n] = 0;
	return number;
}

static void version_one(void)
{
	void *s = make(ctx, ZMQ_DEALER), *peer = make(ctx, ZMQ_DEALER), *m = make(ctx, ZMQ_PAIR);
	char at[256], endpoint[256];
	size_t size = sizeof at;
	uint32_t value;

	FAILS(zmq_socket_monitor(s, "tcp://127.0.0.1:5555", ZMQ_EVENT_ALL), EPROTONOSUPPORT);
	CHECK(zmq_socket_monitor(s, "inproc://events", ZMQ_EVENT_ALL) == 0);
	CHECK(zmq_connect(m, "inproc://events") == 0);
	join(s, peer, "tcp://127.0.0.1:*");
	MUST(zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, at, &size) == 0);
	CHECK(event(m, &value, endpoint) == ZMQ_EVENT_LISTENING && strcmp(endpoint, at) == 0);
	CHECK(event(m, &value, endpoint) == ZMQ_EVENT_ACCEPTED && strcmp(endpoint, at) == 0 && (int)value > 2);
	CHECK(event(m, &value, endpoint) == ZMQ_EVENT_HANDSHAKE_SUCCEEDED && value == 0);
	CHECK(zmq_close(peer) == 0);
	CHECK(event(m, &value, endpoint) == ZMQ_EVENT_DISCONNECTED);
	CHECK(zmq_socket_monitor(s, NULL, 0) == 0);
	CHECK(event(m, &value, endpoint) == ZMQ_EVENT_MONITOR_STOPPED);
	CHECK(zmq_close(s) == 0 && zmq_close(m) == 0);
}

static uint64_t word(void *m)
{
	uint64_t v = 0;
	MUST(zmq_recv(m, &v, sizeof v, 0) == 8 && get(m, ZMQ_RCVMORE) == 1);
	return v;
}

static void version_two(void)
{
	void *s = make(ctx, ZMQ_PUSH), *peer = make(ctx, ZMQ_PULL), *m = make(ctx, ZMQ_PULL);
	char endpoint[256];

	FAILS(zmq_socket_monitor_pipes_stats(s), EINVAL);
	FAILS(zmq_socket_monitor_versioned(s, "inproc://two", ZMQ_EVENT_ALL_V2, 3, ZMQ_PUSH), EINVAL);
	FAILS(zmq_socket_monitor_versioned(s, "inproc://two", ZMQ_EVENT_ALL_V2, 2, ZMQ_REP), EINVAL);
	CHECK(zmq_socket_monitor_versioned(s, "inproc://two", ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_PIPES_STATS, 2, ZMQ_PUSH) == 0);
	CHECK(zmq_connect(m, "inproc://two") == 0);
	FAILS(zmq_socket_monitor_pipes_stats(s), EAGAIN);
	join(peer, s, "tcp://127.0.0.1:*");
	CHECK(word(m) == ZMQ_EVENT_HANDSHAKE_SUCCEEDED && word(m) == 1 && word(m) == 0);
	CHECK(zmq_recv(m, endpoint, sizeof endpoint, 0) > 0 && zmq_recv(m, endpoint, sizeof endpoint, 0) > 0);
	CHECK(zmq_socket_monitor_pipes_stats(s) == 0);
	CHECK(word(m) == ZMQ_EVENT_PIPES_STATS && word(m) == 2);
	word(m);
	word(m);
	CHECK(zmq_recv(m, endpoint, sizeof endpoint, 0) >= 0 && zmq_recv(m, endpoint, sizeof endpoint, 0) >= 0);
	CHECK(zmq_close(s) == 0 && zmq_close(peer) == 0 && zmq_close(m) == 0);
}

static void *sides[4];

static void steered(void *arg)
{
	(void)arg;
	CHECK(zmq_proxy_steerable(sides[0], sides[1], sides[2], sides[3]) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(zmq_close(sides[i]) == 0);
}

static void steerable(void)
{
	void *client = make(ctx, ZMQ_REQ), *server = make(ctx, ZMQ_REP), *seen = make(ctx, ZMQ_PULL);
	void *control = make(ctx, ZMQ_REQ), *t;

	sides[0] = make(ctx, ZMQ_ROUTER);
	sides[1] = make(ctx, ZMQ_DEALER);
	sides[2] = make(ctx, ZMQ_PUSH);
	sides[3] = make(ctx, ZMQ_REP);
	join(sides[0], client, "tcp://127.0.0.1:*");
	join(sides[1], server, "ipc://*");
	join(seen, sides[2], "inproc://seen");
	join(sides[3], control, "inproc://control");
	MUST((t = zmq_threadstart(steered, NULL)) != NULL);
	for (int i = 0; i < 10; i++) {
		send_text(client, "question", 0);
		expect(server, "question", false);
		send_text(server, "yes", 0);
		expect(client, "yes", false);
	}
	char part[64];
	CHECK(zmq_recv(seen, part, sizeof part, 0) == 5 && get(seen, ZMQ_RCVMORE) == 1);
	expect(seen, "", true);
	expect(seen, "question", false);
	send_text(control, "STATISTICS", 0);
	for (int i = 0; i < 8; i++) {
		uint64_t n = 0;
		MUST(zmq_recv(control, &n, sizeof n, 0) == 8);
		if (i % 2 == 0)
			CHECK(n >= 10);
	}
	send_text(control, "PAUSE", 0);
	expect(control, "", false);
	send_text(client, "later", 0);
	set(server, ZMQ_RCVTIMEO, 100);
	FAILS(zmq_recv(server, part, sizeof part, 0), EAGAIN);
	set(server, ZMQ_RCVTIMEO, 10000);
	send_text(control, "RESUME", 0);
	expect(control, "", false);
	expect(server, "later", false);
	send_text(control, "TERMINATE", 0);
	expect(control, "", false);
	zmq_threadclose(t);
	CHECK(zmq_close(client) == 0 && zmq_close(server) == 0 && zmq_close(seen) == 0 && zmq_close(control) == 0);
}

static void forwards(void *arg)
{
	void **s = arg;
	CHECK(zmq_device(ZMQ_STREAMER, s[0], s[1]) == -1 && errno == ETERM);
	CHECK(zmq_close(s[0]) == 0 && zmq_close(s[1]) == 0);
}

/* Messages small and large, of one part and of two, by their number. */
static unsigned char sized[5000];

static int size_of(int i)
{
	return i % 37 == 0 ? (int)sizeof sized : 4 + i % 5 * 100;
}

static void send_sized(void *s, int i)
{
	if (i % 41 == 0)
		send_text(s, "more", ZMQ_SNDMORE);
	memcpy(sized, &i, sizeof i);
	MUST(zmq_send(s, sized, (size_t)size_of(i), 0) == size_of(i));
}

static void expect_sized(void *s, int i)
{
	int got = -1;

	if (i % 41 == 0)
		expect(s, "more", true);
	MUST(zmq_recv(s, sized, sizeof sized, 0) == size_of(i));
	memcpy(&got, sized, sizeof got);
	MUST(got == i && !get(s, ZMQ_RCVMORE));
}

/* A proxy ends with its context, and meanwhile loses nothing. */
static void streamer(void)
{
	void *own = zmq_ctx_new(), *s[2] = { make(own, ZMQ_PULL), make(own, ZMQ_PUSH) }, *t;
	void *out = make(ctx, ZMQ_PUSH), *in = make(ctx, ZMQ_PULL);

	join(s[0], out, "tcp://127.0.0.1:*");
	join(in, s[1], "tcp://127.0.0.1:*");
	MUST((t = zmq_threadstart(forwards, s)) != NULL);
	for (int i = 0; i < 20000; i++) {
		send_sized(out, i);
		if (i >= 1000)
			expect_sized(in, i - 1000);
	}
	CHECK(zmq_ctx_term(own) == 0);
	zmq_threadclose(t);
	CHECK(zmq_close(out) == 0 && zmq_close(in) == 0);
}

int main(void)
{
	ctx = zmq_ctx_new();
	version_one();
	version_two();
	steerable();
	streamer();
	FAILS(zmq_proxy(ctx, ctx, NULL), ENOTSOCK);
	CHECK(zmq_ctx_term(ctx) == 0);
	return done();
}
