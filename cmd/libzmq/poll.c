/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Waiting for many sockets and descriptors: zmq_poll, and what zmq_poller and the
 * proxies stand on. Sockets are asked in one call into Go; the kernel waits.
 */

#include "abi.h"

#include <stdlib.h>

#include "_cgo_export.h"

enum { ITEMS_FIXED = 16 };

/* look asks all sockets for their events and fills revents. */
static int look(struct zl_item *items, int count, int *ready)
{
	uint32_t fixed_ids[ITEMS_FIXED];
	short fixed_got[ITEMS_FIXED];
	uint32_t *ids = zl_scratch(fixed_ids, sizeof fixed_ids, (size_t)count * sizeof *ids);
	short *got = zl_scratch(fixed_got, sizeof fixed_got, (size_t)count * sizeof *got);
	int sockets = 0, e = ids && got ? 0 : ENOMEM;

	for (int i = 0; e == 0 && i < count; i++) {
		struct zl_slot *s = items[i].socket;
		if (s && atomic_load_explicit(&s->queued, memory_order_relaxed) > 0)
			zl_outbox_flush(s, 0);
		if (s)
			ids[sockets++] = s->index;
	}
	if (sockets > 0)
		e = goEvents(ids, sockets, got);
	for (int i = 0, k = 0; e == 0 && i < count; i++) {
		if (!items[i].socket)
			continue;
		zl_pass_on(items[i].socket, got[k]);
		got[k] |= (short)zl_batch_ready(items[i].socket);
		items[i].revents = items[i].events & got[k++] & (ZMQ_POLLIN | ZMQ_POLLOUT);
		if (items[i].revents)
			++*ready;
	}
	if (ids != fixed_ids)
		free(ids);
	if (got != fixed_got)
		free(got);
	return e;
}

static short to_poll(short events)
{
	return (short)((events & ZMQ_POLLIN ? POLLIN : 0) | (events & ZMQ_POLLOUT ? POLLOUT : 0) |
		       (events & ZMQ_POLLPRI ? POLLPRI : 0));
}

static short from_poll(short revents)
{
	return (short)((revents & POLLIN ? ZMQ_POLLIN : 0) | (revents & POLLOUT ? ZMQ_POLLOUT : 0) |
		       (revents & POLLPRI ? ZMQ_POLLPRI : 0) |
		       (revents & ~(POLLIN | POLLOUT | POLLPRI) ? ZMQ_POLLERR : 0));
}

/* prepare writes what the kernel is asked for. An item without events stays out. */
static int prepare(struct zl_item *items, int count, struct pollfd *fds)
{
	for (int i = 0; i < count; i++) {
		int e = 0;
		if (items[i].socket && items[i].events) {
			e = zl_fd(items[i].socket, &fds[i].fd);
			fds[i].events = POLLIN;
		} else {
			fds[i].fd = items[i].socket || !items[i].events ? -1 : items[i].fd;
			fds[i].events = to_poll(items[i].events);
		}
		if (e)
			return e;
	}
	return 0;
}

/* collect takes over what the kernel says of raw descriptors. */
static void collect(struct zl_item *items, int count, const struct pollfd *fds, int *ready)
{
	for (int i = 0; i < count; i++) {
		if (items[i].socket)
			continue;
		items[i].revents = fds[i].fd < 0 ? 0 : from_poll(fds[i].revents);
		if (items[i].revents)
			++*ready;
	}
}

/* rounds looks and waits by turns until something is ready or the deadline passes. */
static int rounds(struct zl_item *items, int count, struct pollfd *fds, int64_t deadline, const sigset_t *mask)
{
	int64_t until = 0; /* the first round does not wait */

	for (bool prepared = false;; prepared = true, until = deadline) {
		int ready = 0, n = 0, e;
		if (until == 0 && (e = look(items, count, &ready)))
			return -e;
		if (until == 0 && ready == 0 && zl_outbox_flush_all() && (e = look(items, count, &ready)))
			return -e;
		if (!prepared && (e = prepare(items, count, fds)))
			return -e;
		if ((n = zl_ppoll(fds, (nfds_t)count, ready ? 0 : until, mask)) < 0)
			return n;
		if (until != 0) {
			ready = 0;
			if (n > 0 && (e = look(items, count, &ready)))
				return -e;
		}
		collect(items, count, fds, &ready);
		if (ready > 0 || deadline == 0 || (deadline > 0 && zl_now_ms() >= deadline))
			return ready;
	}
}

/*
 * zl_poll_items waits until an item is ready or the deadline, which is 0 for no
 * waiting and -1 for ever. It returns the number of items ready, or a negative errno.
 */
int zl_poll_items(struct zl_item *items, int count, int64_t deadline, const sigset_t *mask)
{
	struct pollfd fixed[ITEMS_FIXED];
	struct pollfd *fds = zl_scratch(fixed, sizeof fixed, (size_t)count * sizeof *fds);
	int n;

	if (!fds)
		return -ENOMEM;
	n = rounds(items, count, fds, deadline, mask);
	if (fds != fixed)
		free(fds);
	return n;
}

/* import turns the program's items into ours. */
static int import(zmq_pollitem_t *from, int count, struct zl_item *to)
{
	for (int i = 0; i < count; i++) {
		to[i] = (struct zl_item){ .fd = from[i].fd, .events = from[i].events };
		if (from[i].socket && !(to[i].socket = zl_slot_of(from[i].socket, ZL_SOCKET)))
			return ENOTSOCK;
	}
	return 0;
}

int zmq_ppoll(zmq_pollitem_t *items, int count, long timeout_ms, const sigset_t *mask)
{
	ZL_FORKED(zmq_ppoll, -1, items, count, timeout_ms, mask);
	struct zl_item fixed[ITEMS_FIXED];
	struct zl_item *own = fixed;
	int64_t deadline = timeout_ms == 0 ? 0 : zl_deadline(timeout_ms);
	int n;

	if (count < 0)
		return zl_result(EINVAL);
	if (!items && count > 0)
		return zl_result(EFAULT);
	own = zl_scratch(fixed, sizeof fixed, (size_t)count * sizeof *own);
	if (!own)
		return zl_result(ENOMEM);
	n = -import(items, count, own);
	if (n == 0)
		n = zl_poll_items(own, count, deadline, mask);
	for (int i = 0; n >= 0 && i < count; i++)
		items[i].revents = own[i].revents;
	if (own != fixed)
		free(own);
	return n < 0 ? zl_result(-n) : n;
}

int zmq_poll(zmq_pollitem_t *items, int count, long timeout_ms)
{
	return zmq_ppoll(items, count, timeout_ms, NULL);
}
