/* SPDX-License-Identifier: MPL-2.0 */

/* Contexts: options, limits, ends. */

#include "check.h"

static void options(void)
{
	void *c = zmq_ctx_new();
	char name[32];
	size_t size = sizeof name;

	MUST(c != NULL);
	CHECK(zmq_ctx_get(c, ZMQ_IO_THREADS) == 1 && zmq_ctx_get(c, ZMQ_MAX_SOCKETS) == 1023);
	CHECK(zmq_ctx_get(c, ZMQ_MSG_T_SIZE) == 64 && zmq_ctx_get(c, ZMQ_SOCKET_LIMIT) >= 1023);
	CHECK(zmq_ctx_set(c, ZMQ_IO_THREADS, 2) == 0 && zmq_ctx_get(c, ZMQ_IO_THREADS) == 2);
	CHECK(zmq_ctx_set(c, ZMQ_IPV6, 1) == 0 && zmq_ctx_get(c, ZMQ_IPV6) == 1);
	FAILS(zmq_ctx_set(c, ZMQ_IO_THREADS, -1), EINVAL);
	FAILS(zmq_ctx_set(c, ZMQ_MAX_SOCKETS, 0), EINVAL);
	FAILS(zmq_ctx_set(c, 12345, 1), EINVAL);
	FAILS(zmq_ctx_get(c, 12345), EINVAL);
	CHECK(zmq_ctx_set_ext(c, ZMQ_THREAD_NAME_PREFIX, "prefix", 6) == 0);
	CHECK(zmq_ctx_get_ext(c, ZMQ_THREAD_NAME_PREFIX, name, &size) == 0 && strcmp(name, "prefix") == 0);
	CHECK(zmq_ctx_term(c) == 0);
}

static void limits(void)
{
	void *c = zmq_ctx_new(), *a;

	CHECK(zmq_ctx_set(c, ZMQ_MAX_SOCKETS, 1) == 0);
	MUST((a = zmq_socket(c, ZMQ_PAIR)) != NULL);
	NULLS(zmq_socket(c, ZMQ_PAIR), EMFILE);
	NULLS(zmq_socket(c, 999), EINVAL);
	CHECK(zmq_close(a) == 0 && zmq_ctx_term(c) == 0);
}

static void no_threads(void)
{
	void *c = zmq_init(0), *a, *b;

	MUST(c != NULL);
	a = make(c, ZMQ_PAIR);
	b = make(c, ZMQ_PAIR);
	FAILS(zmq_bind(a, "tcp://127.0.0.1:*"), EMTHREAD);
	join(a, b, "inproc://only");
	send_text(a, "hello", 0);
	expect(b, "hello", false);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0 && zmq_term(c) == 0);
	NULLS(zmq_init(-1), EINVAL);
}

static void blocked(void *s)
{
	char b[1];
	CHECK(zmq_recv(s, b, 1, 0) == -1 && errno == ETERM);
	FAILS(zmq_send(s, b, 1, 0), ETERM);
	CHECK(zmq_close(s) == 0);
}

static void shutdown(void)
{
	void *c = zmq_ctx_new(), *s, *t;
	int forever = -1;

	s = make(c, ZMQ_DEALER);
	MUST(zmq_setsockopt(s, ZMQ_RCVTIMEO, &forever, sizeof forever) == 0);
	MUST((t = zmq_threadstart(blocked, s)) != NULL);
	usleep(50000); /* likely it waits by now; either way it must end */
	CHECK(zmq_ctx_shutdown(c) == 0);
	NULLS(zmq_socket(c, ZMQ_PAIR), ETERM);
	CHECK(zmq_ctx_destroy(c) == 0);
	zmq_threadclose(t);
}

/* What was sent before close arrives, and the end of the context waits for it. */
static void lingers(void)
{
	void *c = zmq_ctx_new(), *out = zmq_socket(c, ZMQ_PUSH), *other = zmq_ctx_new(), *in = make(other, ZMQ_PULL);
	int i;

	join(in, out, "tcp://127.0.0.1:*");
	for (i = 0; i < 500; i++)
		send_text(out, "message", 0);
	CHECK(zmq_close(out) == 0 && zmq_ctx_term(c) == 0);
	for (i = 0; i < 500; i++)
		expect(in, "message", false);
	CHECK(zmq_close(in) == 0 && zmq_ctx_term(other) == 0);
}

int main(void)
{
	options();
	limits();
	no_threads();
	shutdown();
	lingers();
	return done();
}
