/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Waiting. It is done here and not in Go, as a signal to the program must end it
 * with EINTR. Previous: part.c, poll.c. Next: back to them, to try again.
 */

#include "abi.h"

#include <limits.h>
#include <stdlib.h>

#include "_cgo_export.h"

/* zl_now_ns is the monotonic clock. */
int64_t zl_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* zl_now_ms is the same in ms. */
int64_t zl_now_ms(void)
{
	return zl_now_ns() / 1000000;
}

/* zl_deadline turns a timeout into a point in time; -1 is never. */
int64_t zl_deadline(long timeout_ms)
{
	return timeout_ms < 0 ? -1 : zl_now_ms() + timeout_ms;
}

/* zl_fd gets a socket's descriptor of ZMQ_FD. */
int zl_fd(struct zl_slot *s, int *fd)
{
	*fd = atomic_load_explicit(&s->fd, memory_order_acquire);
	if (*fd >= 0)
		return 0;
	int e = goFD(s->index, fd);
	if (e == 0)
		atomic_store_explicit(&s->fd, *fd, memory_order_release);
	return e;
}

/*
 * zl_ppoll waits for descriptors until a deadline; -1 is for ever. It returns the
 * number of those ready, or a negative errno. Go's runtime signals its own threads
 * with SIGURG, which may hit one that has just come back from Go: that one ends no
 * wait.
 */
int zl_ppoll(struct pollfd *fds, nfds_t count, int64_t deadline, const sigset_t *mask)
{
	struct timespec t, *timeout = NULL;
	sigset_t quiet;
	int n;

	if (deadline >= 0) {
		int64_t left = deadline == 0 ? 0 : deadline - zl_now_ms();
		if (left < 0)
			left = 0;
		t.tv_sec = left / 1000;
		t.tv_nsec = left % 1000 * 1000000;
		timeout = &t;
	}
	if (mask)
		quiet = *mask;
	else
		pthread_sigmask(SIG_SETMASK, NULL, &quiet);
	sigaddset(&quiet, SIGURG);
	n = ppoll(fds, count, timeout, &quiet);
	return n < 0 ? -errno : n;
}

/*
 * A thread that is going to wait for a socket says so before it looks for the last
 * time: whoever looks after it, with success, finds it waiting and has it look again
 * (zl_pass_on), for it may have taken back the signal that was meant for both; whoever was
 * before it has left what it will see. The socket's lock makes one of the two true.
 */
void zl_wait_begin(struct zl_slot *s, enum zl_way way)
{
	int64_t now = zl_now_ms();

	zl_handlers_again(now);
	atomic_fetch_add(&s->waiters[way], 1);
	atomic_store(&s->waiting_since, now);
}

void zl_wait_end(struct zl_slot *s, enum zl_way way)
{
	if (atomic_fetch_sub(&s->waiters[way], 1) == 1)
		atomic_store(&s->waiting_since, 0);
}

/* zl_wait_others has a call that finds nothing look whether there is something for those who wait to do the other thing. */
int zl_wait_others(struct zl_slot *s, enum zl_way way)
{
	return atomic_load(&s->waiters[way == ZL_SENDS ? ZL_RECEIVES : ZL_SENDS]) > 0 ? ZL_OTHERS : 0;
}

/* zl_pass_on has those look who wait for one of the events, whose signal the caller may have taken back. */
void zl_pass_on(struct zl_slot *s, int events)
{
	if (((events & ZMQ_POLLOUT) && atomic_load(&s->waiters[ZL_SENDS]) > 0) ||
	    ((events & ZMQ_POLLIN) && atomic_load(&s->waiters[ZL_RECEIVES]) > 0))
		goRaise(s->index);
}

/*
 * zl_wait waits until something may have changed for a socket, or fd, unless that is
 * -1, has something to read. It returns 0, EAGAIN when the deadline has passed, or
 * EINTR.
 */
int zl_wait(struct zl_slot *s, int fd, int64_t deadline)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	int n, e = zl_fd(s, &p[0].fd);

	if (e)
		return e;
	n = zl_ppoll(p, fd < 0 ? 1 : 2, deadline, NULL);
	if (n < 0)
		return -n;
	return n == 0 ? EAGAIN : 0;
}

/* zl_ready says whether zl_wait would return at once. */
bool zl_ready(struct zl_slot *s, int fd)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	return zl_fd(s, &p[0].fd) != 0 || poll(p, 2, 0) != 0;
}

/* zl_scratch returns memory of a size: fixed where it is large enough. */
void *zl_scratch(void *fixed, size_t fixed_size, size_t size)
{
	return size <= fixed_size ? fixed : malloc(size);
}
