/* SPDX-License-Identifier: MPL-2.0 */

/* The socket types whose messages have one part, and an address. */

#include "check.h"

static void *ctx;

static void no_parts(void)
{
	void *a = make(ctx, ZMQ_CLIENT), *b = make(ctx, ZMQ_SERVER);
	int fd;
	size_t size = sizeof fd;

	join(b, a, "inproc://parts");
	FAILS(zmq_send(a, "x", 1, ZMQ_SNDMORE), EINVAL);
	FAILS(zmq_getsockopt(a, ZMQ_FD, &fd, &size), EINVAL);
	CHECK(get(a, ZMQ_THREAD_SAFE) == 1);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void served(const char *endpoint, size_t size)
{
	void *client = make(ctx, ZMQ_CLIENT), *server = make(ctx, ZMQ_SERVER);
	zmq_msg_t m;

	join(server, client, endpoint);
	MUST(zmq_msg_init_size(&m, size) == 0);
	memset(zmq_msg_data(&m), 'q', size);
	MUST(zmq_msg_send(&m, client, 0) == (int)size);
	MUST(zmq_msg_recv(&m, server, 0) == (int)size);
	uint32_t id = zmq_msg_routing_id(&m);
	CHECK(id != 0);
	CHECK(size == 0 || ((char *)zmq_msg_data(&m))[size - 1] == 'q');
	MUST(zmq_msg_send(&m, server, 0) == (int)size); /* back to where it came from */
	MUST(zmq_msg_recv(&m, client, 0) == (int)size);
	MUST(zmq_msg_close(&m) == 0 && zmq_msg_init_size(&m, 1) == 0);
	FAILS(zmq_msg_send(&m, server, 0), EHOSTUNREACH);
	MUST(zmq_msg_set_routing_id(&m, id + 1) == 0);
	FAILS(zmq_msg_send(&m, server, 0), EHOSTUNREACH);
	FAILS(zmq_disconnect_peer(server, id + 1), EHOSTUNREACH);
	CHECK(zmq_disconnect_peer(server, id) == 0);
	FAILS(zmq_disconnect_peer(server, id), EHOSTUNREACH);
	CHECK(zmq_msg_close(&m) == 0 && zmq_close(client) == 0 && zmq_close(server) == 0);
}

static void peers(void)
{
	void *a = make(ctx, ZMQ_PEER), *b = make(ctx, ZMQ_PEER);
	zmq_msg_t m;
	uint32_t id;

	MUST(zmq_bind(a, "inproc://peer") == 0);
	MUST((id = zmq_connect_peer(b, "inproc://peer")) != 0);
	MUST(zmq_msg_init_buffer(&m, "hello", 5) == 0 && zmq_msg_set_routing_id(&m, id) == 0);
	MUST(zmq_msg_send(&m, b, 0) == 5 && zmq_msg_recv(&m, a, 0) == 5);
	CHECK(zmq_msg_routing_id(&m) != 0 && zmq_msg_close(&m) == 0);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void groups(void)
{
	void *radio = make(ctx, ZMQ_RADIO), *dish = make(ctx, ZMQ_DISH);
	zmq_msg_t m;

	CHECK(zmq_join(dish, "news") == 0);
	FAILS(zmq_join(dish, "news"), EINVAL);
	FAILS(zmq_leave(dish, "sport"), EINVAL);
	join(dish, radio, "inproc://groups");
	MUST(zmq_msg_init_buffer(&m, "lost", 4) == 0 && zmq_msg_set_group(&m, "sport") == 0);
	MUST(zmq_msg_send(&m, radio, 0) == 4);
	MUST(zmq_msg_init_buffer(&m, "seen", 4) == 0 && zmq_msg_set_group(&m, "news") == 0);
	MUST(zmq_msg_send(&m, radio, 0) == 4 && zmq_msg_recv(&m, dish, 0) == 4);
	CHECK(memcmp(zmq_msg_data(&m), "seen", 4) == 0 && strcmp(zmq_msg_group(&m), "news") == 0);
	CHECK(zmq_leave(dish, "news") == 0 && zmq_msg_close(&m) == 0);
	CHECK(zmq_close(radio) == 0 && zmq_close(dish) == 0);
}

static void pipes(int bound, int connected)
{
	void *a = make(ctx, bound), *b = make(ctx, connected);

	join(a, b, "tcp://127.0.0.1:*");
	send_text(b, "over", 0);
	expect(a, "over", false);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

enum { THREADS = 4, EACH = 2000 };

static void *shared;

static void sends(void *arg)
{
	(void)arg;
	for (int i = 0; i < EACH; i++)
		send_text(shared, "x", 0);
}

static void *received_by[THREADS];
static int received;

static void receives(void *arg)
{
	char b[8];

	while (zmq_recv(arg, b, sizeof b, 0) == 1)
		__atomic_add_fetch(&received, 1, __ATOMIC_SEQ_CST);
}

/* Thread-safe sockets: many threads send by one and receive by one, and wait for room and for messages. */
static void threads(void)
{
	void *in = make(ctx, ZMQ_GATHER), *out[THREADS];

	shared = make(ctx, ZMQ_SCATTER);
	join(in, shared, "tcp://127.0.0.1:*");
	received = 0;
	for (int i = 0; i < THREADS; i++)
		MUST((received_by[i] = zmq_threadstart(receives, in)) != NULL);
	for (int i = 0; i < THREADS; i++)
		MUST((out[i] = zmq_threadstart(sends, NULL)) != NULL);
	for (int i = 0; i < THREADS; i++)
		zmq_threadclose(out[i]);
	for (int i = 0; i < THREADS; i++)
		send_text(shared, "end", 0);
	for (int i = 0; i < THREADS; i++)
		zmq_threadclose(received_by[i]);
	CHECK(received == THREADS * EACH);
	CHECK(zmq_close(in) == 0 && zmq_close(shared) == 0);
}

enum { BOTH_WAYS = 10000 };

static void numbers_out(void *s)
{
	for (int i = 0; i < BOTH_WAYS; i++)
		MUST(zmq_send(s, &i, sizeof i, 0) == sizeof i);
}

static void numbers_in(void *s)
{
	for (int i = 0, n = -1; i < BOTH_WAYS; i++)
		MUST(zmq_recv(s, &n, sizeof n, 0) == sizeof n && n == i);
}

/* One thread waits for room and another one for messages, of the same socket, on both sides. */
static void both_ways(void)
{
	void *sides[2] = { make(ctx, ZMQ_CHANNEL), make(ctx, ZMQ_CHANNEL) }, *t[4];

	for (int i = 0; i < 2; i++) {
		set(sides[i], ZMQ_SNDHWM, 10);
		set(sides[i], ZMQ_RCVHWM, 10);
	}
	join(sides[0], sides[1], "inproc://both-ways");
	for (int i = 0; i < 4; i++)
		MUST((t[i] = zmq_threadstart(i < 2 ? numbers_out : numbers_in, sides[i % 2])) != NULL);
	for (int i = 0; i < 4; i++)
		zmq_threadclose(t[i]);
	CHECK(zmq_close(sides[0]) == 0 && zmq_close(sides[1]) == 0);
}

static void polled(void)
{
	void *p = zmq_poller_new(), *client = make(ctx, ZMQ_CLIENT), *server = make(ctx, ZMQ_SERVER);
	zmq_poller_event_t event;
	int fd;

	join(server, client, "inproc://polled");
	CHECK(zmq_poller_add(p, server, NULL, ZMQ_POLLIN) == 0 && zmq_poller_fd(p, &fd) == 0 && fd >= 0);
	FAILS(zmq_poller_wait(p, &event, 10), EAGAIN);
	send_text(client, "x", 0);
	CHECK(zmq_poller_wait(p, &event, -1) == 0 && event.socket == server);
	CHECK(zmq_poller_remove(p, server) == 0 && zmq_poller_destroy(&p) == 0);
	CHECK(zmq_close(client) == 0 && zmq_close(server) == 0);
}

int main(void)
{
	ctx = zmq_ctx_new();
	no_parts();
	served("inproc://served", 5);
	served("tcp://127.0.0.1:*", 0);
	served("tcp://127.0.0.1:*", 10000);
	served("ipc://*", 100);
	peers();
	groups();
	pipes(ZMQ_CHANNEL, ZMQ_CHANNEL);
	pipes(ZMQ_GATHER, ZMQ_SCATTER);
	for (int i = 0; i < 100; i++)
		threads();
	for (int i = 0; i < 10; i++)
		both_ways();
	polled();
	CHECK(zmq_ctx_term(ctx) == 0);
	return done();
}
