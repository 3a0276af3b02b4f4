/* SPDX-License-Identifier: MPL-2.0 */

/*
 * Defects of the library: whatever is called on a socket inside which the engine
 * panics fails with EFAULT, also after many panics; the process and all other sockets
 * go on, and so does this one when it is whole again. It runs on a build that has the
 * two functions declared here.
 */

#include "check.h"

#include <sys/uio.h>

int zmq_test_break(void *handle);
int zmq_test_mend(void *handle);

static void *ctx;

static void sends_and_receives(void *s)
{
	char text[64], large[5000] = { 0 };
	struct iovec v = { text, 1 };
	size_t count = 1;
	zmq_msg_t m;

	FAILS(zmq_send(s, "x", 1, 0), EFAULT);
	FAILS(zmq_send(s, large, sizeof large, ZMQ_DONTWAIT), EFAULT);
	FAILS(zmq_send_const(s, large, sizeof large, 0), EFAULT);
	FAILS(zmq_recv(s, text, sizeof text, 0), EFAULT);
	FAILS(zmq_recv(s, text, sizeof text, ZMQ_DONTWAIT), EFAULT);
	MUST(zmq_msg_init_buffer(&m, large, sizeof large) == 0);
	FAILS(zmq_msg_send(&m, s, 0), EFAULT);
	FAILS(zmq_sendmsg(s, &m, 0), EFAULT);
	CHECK(zmq_msg_size(&m) == sizeof large); /* still the caller's */
	FAILS(zmq_msg_recv(&m, s, 0), EFAULT);
	FAILS(zmq_recvmsg(s, &m, 0), EFAULT);
	CHECK(zmq_msg_close(&m) == 0);
	FAILS(zmq_sendiov(s, &v, 1, 0), EFAULT);
	FAILS(zmq_recviov(s, &v, &count, 0), EFAULT);
}

static void endpoints(void *s)
{
	FAILS(zmq_bind(s, "inproc://broken"), EFAULT);
	FAILS(zmq_connect(s, "inproc://broken"), EFAULT);
	FAILS(zmq_unbind(s, "inproc://broken"), EFAULT);
	FAILS(zmq_disconnect(s, "inproc://broken"), EFAULT);
	FAILS(zmq_socket_monitor(s, "inproc://events", ZMQ_EVENT_ALL), EFAULT);
}

static void waits_for(void *s)
{
	zmq_pollitem_t item = { .socket = s, .events = ZMQ_POLLIN };
	void *other = make(ctx, ZMQ_PULL);
	size_t size = sizeof(int);
	int n;

	FAILS(zmq_getsockopt(s, ZMQ_EVENTS, &n, &size), EFAULT);
	FAILS(zmq_poll(&item, 1, 10), EFAULT);
	FAILS(zmq_proxy(s, other, NULL), EFAULT);
	FAILS(zmq_proxy_steerable(other, s, NULL, NULL), EFAULT);
	CHECK(zmq_close(other) == 0);
}

/* Others go on while one is broken. */
static void others(void)
{
	void *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR);

	join(a, b, "tcp://127.0.0.1:*");
	send_text(b, "over", 0);
	expect(a, "over", false);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void broken_socket(void *s)
{
	int n = 1;

	MUST(zmq_test_break(s) == 0);
	sends_and_receives(s);
	endpoints(s);
	waits_for(s);
	others();
	FAILS(zmq_setsockopt(s, ZMQ_RCVHWM, &n, sizeof n), EFAULT);
}

static void broken_sockets(void)
{
	void *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR), *thread;

	join(a, b, "tcp://127.0.0.1:*");
	send_text(b, "before", 0);
	expect(a, "before", false);
	broken_socket(a);
	MUST(zmq_test_mend(a) == 0);
	MUST((thread = zmq_threadstart(broken_socket, a)) != NULL);
	zmq_threadclose(thread);
	MUST(zmq_test_mend(a) == 0);
	send_text(b, "after", 0);
	expect(a, "after", false);
	send_text(a, "answer", 0);
	expect(b, "answer", false);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void broken_close(void)
{
	void *s = make(ctx, ZMQ_PAIR);

	MUST(zmq_test_break(s) == 0);
	FAILS(zmq_close(s), EFAULT);
	FAILS(zmq_close(s), ENOTSOCK);
	MUST(zmq_test_mend(s) == 0);
}

int main(void)
{
	ctx = zmq_ctx_new();
	others();
	broken_sockets();
	broken_close();
	others();
	CHECK(zmq_ctx_term(ctx) == 0);
	return done();
}
