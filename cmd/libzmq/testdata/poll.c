/* SPDX-License-Identifier: MPL-2.0 */

/* Waiting: zmq_poll, zmq_ppoll, zmq_poller, ZMQ_FD and ZMQ_EVENTS. */

#include "check.h"

#include <poll.h>
#include <signal.h>

static void *ctx;

/* readable polls as a program of its own does, which Go's SIGURG may interrupt as any other signal. */
static int readable(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int n;

	while ((n = poll(&p, 1, ms)) < 0 && errno == EINTR)
		;
	return n;
}

static void polled(void)
{
	void *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR);
	int fds[2];
	sigset_t none;

	join(a, b, "inproc://polled");
	MUST(pipe(fds) == 0);
	zmq_pollitem_t items[3] = {
		{ a, 0, ZMQ_POLLIN, 0 }, { b, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0 }, { NULL, fds[0], ZMQ_POLLIN, 0 } };
	CHECK(zmq_poll(items, 3, 1000) == 1);
	CHECK(items[0].revents == 0 && items[1].revents == ZMQ_POLLOUT && items[2].revents == 0);
	items[1].events = ZMQ_POLLIN;
	CHECK(zmq_poll(items, 3, 0) == 0 && zmq_poll(items, 3, 20) == 0);
	send_text(b, "x", 0);
	CHECK(zmq_poll(items, 3, -1) == 1 && items[0].revents == ZMQ_POLLIN);
	CHECK(zmq_poll(items, 3, -1) == 1); /* still there */
	expect(a, "x", false);
	CHECK(zmq_poll(items, 3, 0) == 0);
	MUST(write(fds[1], "y", 1) == 1);
	CHECK(zmq_poll(items, 3, -1) == 1 && items[2].revents == ZMQ_POLLIN && items[0].revents == 0);
	sigemptyset(&none);
	CHECK(zmq_ppoll(items, 3, -1, &none) == 1 && items[2].revents == ZMQ_POLLIN);
	CHECK(zmq_poll(NULL, 0, 0) == 0 && zmq_poll(NULL, 0, 10) == 0);
	close(fds[0]);
	close(fds[1]);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* until waits by the descriptor until ZMQ_EVENTS has some events. */
static void until(void *s, int fd, int events)
{
	while ((get(s, ZMQ_EVENTS) & events) != events)
		MUST(readable(fd, 10000) == 1);
}

/* quiet: a signal may still come of what has been seen already, but not many. */
static void quiet(void *s, int fd)
{
	for (int late = 0; readable(fd, 0) == 1; late++) {
		MUST(late < 3);
		CHECK(get(s, ZMQ_EVENTS) == ZMQ_POLLOUT);
	}
}

/* The descriptor tells of each change once; ZMQ_EVENTS takes it back. */
static void edges(const char *endpoint)
{
	void *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR);
	int fd;

	join(a, b, endpoint);
	fd = get(a, ZMQ_FD);
	CHECK(fd >= 0 && fd == get(a, ZMQ_FD));
	send_text(b, "hello", 0);
	CHECK(readable(fd, 10000) == 1);
	until(a, fd, ZMQ_POLLIN | ZMQ_POLLOUT);
	expect(a, "hello", false);
	CHECK(get(a, ZMQ_EVENTS) == ZMQ_POLLOUT);
	quiet(a, fd);
	send_text(b, "again", 0);
	until(a, fd, ZMQ_POLLIN | ZMQ_POLLOUT);
	expect(a, "again", false);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* So does a receive that finds nothing; what comes then is told of. */
static void drained(const char *endpoint, int out, int in)
{
	void *a = make(ctx, out), *b = make(ctx, in);
	int fd;

	join(b, a, endpoint);
	fd = get(b, ZMQ_FD);
	for (uint32_t n = 0, got = 0; n < 400; n++) {
		for (uint32_t i = 0; i <= n % 40; i++)
			send_text(a, "message", 0);
		while (got <= n % 40) { /* it is told of as often as need be, and no more when all has come */
			char text[8];
			MUST(readable(fd, 10000) == 1);
			while (zmq_recv(b, text, sizeof text, ZMQ_DONTWAIT) == 7)
				got++;
			int e = zmq_errno();
			MUST(e == EAGAIN);
		}
		for (int late = 0; readable(fd, 0) == 1; late++) {
			MUST(late < 3);
			FAILS(zmq_recv(b, &got, sizeof got, ZMQ_DONTWAIT), EAGAIN);
		}
		got = 0;
	}
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void pollers(void)
{
	void *p = zmq_poller_new(), *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR);
	zmq_poller_event_t event[3];
	int fds[2], fd, data = 5;

	MUST(p != NULL && pipe(fds) == 0);
	join(a, b, "inproc://poller");
	FAILS(zmq_poller_wait(p, event, -1), EFAULT);
	FAILS(zmq_poller_wait(p, event, 10), EAGAIN);
	CHECK(zmq_poller_add(p, a, &data, ZMQ_POLLIN) == 0 && zmq_poller_size(p) == 1);
	FAILS(zmq_poller_add(p, a, NULL, ZMQ_POLLIN), EINVAL);
	FAILS(zmq_poller_add(p, b, NULL, 99), EINVAL);
	FAILS(zmq_poller_add(p, p, NULL, ZMQ_POLLIN), ENOTSOCK);
	FAILS(zmq_poller_modify(p, b, ZMQ_POLLIN), EINVAL);
	FAILS(zmq_poller_remove(p, b), EINVAL);
	FAILS(zmq_poller_add_fd(p, -1, NULL, ZMQ_POLLIN), EBADF);
	FAILS(zmq_poller_modify_fd(p, fds[0], ZMQ_POLLIN), EINVAL);
	FAILS(zmq_poller_remove_fd(p, fds[0]), EINVAL);
	CHECK(zmq_poller_add_fd(p, fds[0], &fds, ZMQ_POLLIN) == 0 && zmq_poller_size(p) == 2);
	FAILS(zmq_poller_add_fd(p, fds[0], NULL, ZMQ_POLLIN), EINVAL);
	FAILS(zmq_poller_wait(p, event, 0), EAGAIN);
	FAILS(zmq_poller_wait_all(p, event, -1, 0), EINVAL);
	FAILS(zmq_poller_fd(p, &fd), EINVAL);
	send_text(b, "x", 0);
	CHECK(zmq_poller_wait(p, event, -1) == 0);
	CHECK(event[0].socket == a && event[0].user_data == &data && event[0].events == ZMQ_POLLIN);
	MUST(write(fds[1], "y", 1) == 1);
	CHECK(zmq_poller_wait_all(p, event, 3, -1) == 2 && event[2].fd == -1 && event[2].socket == NULL);
	CHECK(zmq_poller_modify(p, a, ZMQ_POLLOUT) == 0 && zmq_poller_modify_fd(p, fds[0], 0) == 0);
	CHECK(zmq_poller_wait_all(p, event, 3, -1) == 1 && event[0].events == ZMQ_POLLOUT);
	CHECK(zmq_poller_remove(p, a) == 0 && zmq_poller_remove_fd(p, fds[0]) == 0 && zmq_poller_size(p) == 0);
	CHECK(zmq_poller_destroy(&p) == 0);
	close(fds[0]);
	close(fds[1]);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

int main(void)
{
	ctx = zmq_ctx_new();
	polled();
	edges("inproc://edges");
	edges("tcp://127.0.0.1:*");
	edges("ipc://*");
	drained("inproc://drained", ZMQ_PUSH, ZMQ_PULL);
	drained("tcp://127.0.0.1:*", ZMQ_PUSH, ZMQ_PULL);
	drained("ipc://*", ZMQ_PAIR, ZMQ_PAIR);
	drained("tcp://127.0.0.1:*", ZMQ_DEALER, ZMQ_DEALER);
	pollers();
	CHECK(zmq_ctx_term(ctx) == 0);
	return done();
}
