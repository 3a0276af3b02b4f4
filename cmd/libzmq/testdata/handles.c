/* SPDX-License-Identifier: MPL-2.0 */

/* Careless callers: NULL, closed and foreign handles give an error and nothing else. */

#include "check.h"

#include <signal.h>
#include <sys/uio.h>

static void no_socket(void *s)
{
	zmq_msg_t m;
	char b[8];
	int value = 0;
	size_t size = sizeof value;
	struct iovec iov[1] = { { b, sizeof b } };
	size_t count = 1;
	zmq_pollitem_t item = { s, 0, ZMQ_POLLIN, 0 };

	MUST(zmq_msg_init(&m) == 0);
	FAILS(zmq_close(s), ENOTSOCK);
	FAILS(zmq_bind(s, "inproc://x"), ENOTSOCK);
	FAILS(zmq_connect(s, "inproc://x"), ENOTSOCK);
	FAILS(zmq_unbind(s, "inproc://x"), ENOTSOCK);
	FAILS(zmq_disconnect(s, "inproc://x"), ENOTSOCK);
	FAILS(zmq_setsockopt(s, ZMQ_LINGER, &value, sizeof value), ENOTSOCK);
	FAILS(zmq_getsockopt(s, ZMQ_LINGER, &value, &size), ENOTSOCK);
	FAILS(zmq_send(s, b, 1, 0), ENOTSOCK);
	FAILS(zmq_send_const(s, b, 1, 0), ENOTSOCK);
	FAILS(zmq_recv(s, b, 1, 0), ENOTSOCK);
	FAILS(zmq_msg_send(&m, s, 0), ENOTSOCK);
	FAILS(zmq_msg_recv(&m, s, 0), ENOTSOCK);
	FAILS(zmq_sendmsg(s, &m, 0), ENOTSOCK);
	FAILS(zmq_recvmsg(s, &m, 0), ENOTSOCK);
	FAILS(zmq_sendiov(s, iov, 1, 0), ENOTSOCK);
	FAILS(zmq_recviov(s, iov, &count, 0), ENOTSOCK);
	FAILS(zmq_socket_monitor(s, "inproc://m", ZMQ_EVENT_ALL), ENOTSOCK);
	FAILS(zmq_socket_monitor_versioned(s, "inproc://m", ZMQ_EVENT_ALL, 2, ZMQ_PAIR), ENOTSOCK);
	FAILS(zmq_socket_monitor_pipes_stats(s), ENOTSOCK);
	FAILS(zmq_join(s, "g"), ENOTSOCK);
	FAILS(zmq_leave(s, "g"), ENOTSOCK);
	CHECK(zmq_connect_peer(s, "inproc://x") == 0 && errno == ENOTSOCK);
	FAILS(zmq_disconnect_peer(s, 1), ENOTSOCK);
	FAILS(zmq_socket_get_peer_state(s, b, 1), ENOTSOCK);
	if (s)
		FAILS(zmq_poll(&item, 1, 0), ENOTSOCK);
	CHECK(zmq_msg_close(&m) == 0);
}

static void no_context(void *c)
{
	int value = 0;
	size_t size = sizeof value;

	FAILS(zmq_ctx_term(c), EFAULT);
	FAILS(zmq_ctx_shutdown(c), EFAULT);
	FAILS(zmq_ctx_set(c, ZMQ_IO_THREADS, 1), EFAULT);
	FAILS(zmq_ctx_get(c, ZMQ_IO_THREADS), EFAULT);
	FAILS(zmq_ctx_set_ext(c, ZMQ_IO_THREADS, &value, size), EFAULT);
	FAILS(zmq_ctx_get_ext(c, ZMQ_IO_THREADS, &value, &size), EFAULT);
	NULLS(zmq_socket(c, ZMQ_PAIR), EFAULT);
}

static void no_message(zmq_msg_t *m)
{
	FAILS(zmq_msg_close(m), EFAULT);
	FAILS(zmq_msg_get(m, ZMQ_MORE), EFAULT);
	FAILS(zmq_msg_set(m, ZMQ_MORE, 1), EFAULT);
	NULLS(zmq_msg_gets(m, "User-Id"), EFAULT);
	CHECK(zmq_msg_data(m) == NULL && zmq_msg_size(m) == 0);
	FAILS(zmq_msg_set_routing_id(m, 1), EFAULT);
	FAILS(zmq_msg_set_group(m, "g"), EFAULT);
	FAILS(zmq_msg_more(m), EFAULT);
	FAILS(zmq_msg_move(m, m), EFAULT);
	FAILS(zmq_msg_copy(m, m), EFAULT);
	NULLS(zmq_msg_group(m), EFAULT);
	CHECK(zmq_msg_routing_id(m) == 0);
}

static void no_poller(void *p)
{
	zmq_poller_event_t event;
	int fd;

	FAILS(zmq_poller_size(p), EFAULT);
	FAILS(zmq_poller_add_fd(p, 0, NULL, ZMQ_POLLIN), EFAULT);
	FAILS(zmq_poller_wait(p, &event, 0), EFAULT);
	FAILS(zmq_poller_wait_all(p, &event, 1, 0), EFAULT);
	FAILS(zmq_poller_fd(p, &fd), EFAULT);
	FAILS(zmq_poller_destroy(&p), EFAULT);
}

static void no_timers(void *t)
{
	FAILS(zmq_timers_add(t, 1, NULL, NULL), EFAULT);
	FAILS(zmq_timers_cancel(t, 1), EFAULT);
	FAILS(zmq_timers_set_interval(t, 1, 1), EFAULT);
	FAILS(zmq_timers_reset(t, 1), EFAULT);
	FAILS(zmq_timers_timeout(t), EFAULT);
	FAILS(zmq_timers_execute(t), EFAULT);
	FAILS(zmq_timers_destroy(&t), EFAULT);
}

/* What is no handle: NULL where there must be something. */
static void no_argument(void *s)
{
	char text[41];
	uint8_t bytes[32];
	size_t size = 4;
	sigset_t none;
	zmq_msg_t m;
	void *gone;

	sigemptyset(&none);
	FAILS(zmq_msg_init_size(NULL, 1), EFAULT);
	FAILS(zmq_msg_init_buffer(NULL, "x", 1), EFAULT);
	FAILS(zmq_msg_init_buffer(&m, NULL, 1), EFAULT);
	FAILS(zmq_msg_init_data(NULL, text, 1, NULL, NULL), EFAULT);
	FAILS(zmq_msg_init_data(&m, NULL, 1, NULL, NULL), EFAULT);
	FAILS(zmq_msg_send(NULL, s, 0), EFAULT);
	FAILS(zmq_msg_recv(NULL, s, 0), EFAULT);
	FAILS(zmq_send_const(s, NULL, 1, 0), EFAULT);
	FAILS(zmq_sendiov(s, NULL, 1, 0), EINVAL);
	FAILS(zmq_recviov(s, NULL, &size, 0), EINVAL);
	FAILS(zmq_recviov(s, NULL, NULL, 0), EINVAL);
	FAILS(zmq_setsockopt(s, ZMQ_LINGER, NULL, sizeof(int)), EINVAL);
	FAILS(zmq_unbind(s, NULL), EINVAL);
	FAILS(zmq_disconnect(s, NULL), EINVAL);
	FAILS(zmq_socket_monitor(s, "", ZMQ_EVENT_ALL), EINVAL);
	FAILS(zmq_ppoll(NULL, 1, 0, &none), EFAULT);
	FAILS(zmq_ppoll(NULL, -1, 0, &none), EINVAL);
	FAILS(zmq_device(ZMQ_QUEUE, NULL, s), EFAULT);
	FAILS(zmq_device(ZMQ_QUEUE, text, s), ENOTSOCK);
	FAILS(zmq_proxy(text, s, NULL), ENOTSOCK);
	FAILS(zmq_proxy(s, s, text), ENOTSOCK);
	FAILS(zmq_proxy_steerable(s, s, NULL, text), ENOTSOCK);
	FAILS(zmq_poller_destroy(NULL), EFAULT);
	FAILS(zmq_timers_destroy(NULL), EFAULT);
	FAILS(zmq_term(NULL), EFAULT);
	FAILS(zmq_ctx_destroy(NULL), EFAULT);
	FAILS(zmq_curve_keypair(NULL, text), EFAULT);
	FAILS(zmq_curve_keypair(text, NULL), EFAULT);
	FAILS(zmq_curve_public(NULL, text), EFAULT);
	FAILS(zmq_curve_public(text, NULL), EFAULT);
	NULLS(zmq_z85_encode(NULL, bytes, 4), EINVAL);
	NULLS(zmq_z85_encode(text, NULL, 4), EINVAL);
	NULLS(zmq_z85_decode(NULL, "Hello"), EINVAL);
	NULLS(zmq_z85_decode(bytes, NULL), EINVAL);
	CHECK(zmq_has(NULL) == 0);
	CHECK(zmq_atomic_counter_inc(NULL) == 0 && errno == EFAULT);
	CHECK(zmq_atomic_counter_dec(NULL) == 0 && errno == EFAULT);
	CHECK(zmq_atomic_counter_value(NULL) == 0 && errno == EFAULT);
	zmq_atomic_counter_set(NULL, 1);
	zmq_atomic_counter_destroy(NULL);
	gone = NULL;
	zmq_atomic_counter_destroy(&gone);
	CHECK(zmq_stopwatch_intermediate(NULL) == 0 && zmq_stopwatch_stop(NULL) == 0);
	zmq_version(NULL, NULL, NULL);
	zmq_threadclose(NULL);
	zmq_sleep(-1);
	CHECK(strlen(zmq_strerror(123456)) > 0);
}

int main(void)
{
	void *c = zmq_ctx_new(), *s = zmq_socket(c, ZMQ_PAIR), *p = zmq_poller_new(), *t = zmq_timers_new(), *gone;
	void *foreign = calloc(1, 4096);
	zmq_msg_t m;

	/* Values that point nowhere, to the program's memory, to another kind of handle. */
	no_socket(NULL);
	no_socket(foreign);
	no_socket((void *)0x10);
	no_socket(c);
	no_socket((char *)s + 1);
	no_context(NULL);
	no_context(foreign);
	no_context(s);
	no_poller(NULL);
	no_poller(s);
	no_message(NULL);
	memset(&m, 0, sizeof m);
	no_message(&m);
	no_timers(NULL);
	no_timers(foreign);
	no_timers(p);

	MUST(s != NULL && p != NULL);
	FAILS(zmq_bind(s, NULL), EINVAL);
	FAILS(zmq_connect(s, NULL), EINVAL);
	FAILS(zmq_send(s, NULL, 1, 0), EFAULT);
	FAILS(zmq_recv(s, NULL, 1, 0), EFAULT);
	FAILS(zmq_msg_init(NULL), EFAULT);
	FAILS(zmq_getsockopt(s, ZMQ_TYPE, NULL, NULL), EFAULT);
	FAILS(zmq_poll(NULL, 1, 0), EFAULT);
	FAILS(zmq_poll(NULL, -1, 0), EINVAL);
	FAILS(zmq_proxy(NULL, s, NULL), EFAULT);
	NULLS(zmq_threadstart(NULL, NULL), EFAULT);

	no_argument(s);

	/* Handles that were good. */
	MUST(zmq_msg_init(&m) == 0 && zmq_msg_close(&m) == 0);
	no_message(&m);
	gone = t;
	CHECK(zmq_timers_destroy(&t) == 0 && t == NULL);
	no_timers(gone);
	gone = s;
	CHECK(zmq_close(s) == 0);
	no_socket(gone);
	gone = p;
	CHECK(zmq_poller_destroy(&p) == 0 && p == NULL);
	no_poller(gone);
	CHECK(zmq_ctx_term(c) == 0);
	no_context(c);
	free(foreign);
	return done();
}
