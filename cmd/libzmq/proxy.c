/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Proxies run in the thread that calls: the kernel waits, Go forwards in bursts.
 * Next: forward.go.
 */

#include "abi.h"

#include <string.h>

#include "_cgo_export.h"

enum proxy_state { ACTIVE, PAUSED, TERMINATED };

/* One direction, and what it has passed on. */
struct way {
	struct zl_slot *from, *to;
	uint64_t counts[4]; /* messages and bytes received, messages and bytes sent */
};

struct proxy {
	struct way forth, back; /* the same socket on both ends: only forth */
	struct zl_slot *capture, *control;
	bool control_answers; /* a REP must answer each command */
	enum proxy_state state;
};

/* statistics answers with eight frames: the frontend's four counts, the backend's. */
static int statistics(struct proxy *p)
{
	const uint64_t *f = p->forth.counts, *b = p->back.counts;
	const uint64_t all[8] = { f[0], f[1], b[2], b[3], b[0], b[1], f[2], f[3] };

	for (int i = 0; i < 8; i++)
		if (zmq_send(p->control, &all[i], sizeof all[i], i < 7 ? ZMQ_SNDMORE : 0) < 0)
			return errno;
	return 0;
}

/* obey reads a command and does it. */
static int obey(struct proxy *p)
{
	char text[16];
	int n = zmq_recv(p->control, text, sizeof text, ZMQ_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : errno;
	if (p->control->more)
		return EINVAL;
	if (n == 10 && memcmp(text, "STATISTICS", 10) == 0)
		return statistics(p);
	if (n == 5 && memcmp(text, "PAUSE", 5) == 0)
		p->state = PAUSED;
	else if (n == 6 && memcmp(text, "RESUME", 6) == 0)
		p->state = ACTIVE;
	else if (n == 9 && memcmp(text, "TERMINATE", 9) == 0)
		p->state = TERMINATED;
	if (p->control_answers && zmq_send(p->control, "", 0, 0) < 0)
		return errno;
	return 0;
}

static int pass(struct proxy *p, struct way *w)
{
	return goForward(w->from->index, w->to->index, p->capture ? (int)p->capture->index : -1, w->counts);
}

/* The sockets of a proxy, in the order in which they are asked. */
enum { FRONT, BACK, CAPTURE, CONTROL, SIDES };

/* look asks all sockets; one that is not there has nothing and room for everything. */
static int look(struct zl_slot *const sides[SIDES], short got[SIDES])
{
	uint32_t ids[SIDES];
	short some[SIDES];
	int count = 0, e;

	for (int i = 0; i < SIDES; i++)
		if (sides[i])
			ids[count++] = sides[i]->index;
	if ((e = goEvents(ids, count, some)))
		return e;
	for (int i = SIDES - 1; i >= 0; i--)
		got[i] = sides[i] ? some[--count] : ZMQ_POLLOUT;
	return 0;
}

/* rest waits until something may have changed for one of the sockets. */
static int rest(struct zl_slot *const sides[SIDES])
{
	struct pollfd fds[SIDES];
	int n, e;

	for (int i = 0; i < SIDES; i++) {
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (sides[i] && (e = zl_fd(sides[i], &fds[i].fd)))
			return e;
	}
	n = zl_ppoll(fds, SIDES, -1, NULL);
	return n < 0 ? -n : 0;
}

/* turn forwards what can be read on one side and has room on the other, or waits. */
static int turn(struct proxy *p)
{
	struct zl_slot *f = p->forth.from, *b = p->forth.to;
	struct zl_slot *const sides[SIDES] = { f, b, p->capture, p->control };
	short got[SIDES];
	bool moved = false;
	int e = look(sides, got);

	if (!e && p->control && (got[CONTROL] & ZMQ_POLLIN)) {
		moved = true;
		e = obey(p);
	}
	bool may = p->state == ACTIVE && (got[CAPTURE] & ZMQ_POLLOUT);
	if (!e && may && (got[FRONT] & ZMQ_POLLIN) && (f == b || (got[BACK] & ZMQ_POLLOUT))) {
		moved = true;
		e = pass(p, &p->forth);
	}
	if (!e && may && f != b && (got[BACK] & ZMQ_POLLIN) && (got[FRONT] & ZMQ_POLLOUT)) {
		moved = true;
		e = pass(p, &p->back);
	}
	if (e || moved || p->state == TERMINATED)
		return e;
	return rest(sides);
}

/* resume passes on what the program's own calls had received ahead. */
static int resume(struct proxy *p, struct way *w)
{
	int e = 0;

	while (!e && zl_batch_ready(w->from)) {
		zmq_msg_t m;
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, w->from, ZMQ_DONTWAIT) < 0)
			break;
		w->counts[0]++, w->counts[2]++;
		w->counts[1] += zmq_msg_size(&m), w->counts[3] += zmq_msg_size(&m);
		if (p->capture) {
			zmq_msg_t copy;
			zmq_msg_init(&copy);
			if (zmq_msg_copy(&copy, &m) == 0)
				zmq_msg_send(&copy, p->capture, ZMQ_DONTWAIT);
			zmq_msg_close(&copy);
		}
		if (zmq_msg_send(&m, w->to, 0) < 0)
			e = errno;
		zmq_msg_close(&m);
	}
	return e;
}

static int run(struct proxy *p)
{
	int e = resume(p, &p->forth);

	if (!e)
		e = resume(p, &p->back);
	zl_outbox_settle(p->forth.from);
	zl_outbox_settle(p->forth.to);
	if (p->capture)
		zl_outbox_settle(p->capture);
	p->control_answers = p->control && p->control->type == ZMQ_REP;
	while (!e && p->state != TERMINATED)
		e = turn(p);
	return e;
}

int zmq_proxy_steerable(void *frontend, void *backend, void *capture, void *control)
{
	ZL_FORKED(zmq_proxy_steerable, -1, frontend, backend, capture, control);
	struct zl_slot *f = zl_slot_of(frontend, ZL_SOCKET), *b = zl_slot_of(backend, ZL_SOCKET);
	struct proxy p = {
		.forth = { .from = f, .to = b },
		.back = { .from = b, .to = f },
		.capture = zl_slot_of(capture, ZL_SOCKET),
		.control = zl_slot_of(control, ZL_SOCKET),
	};

	if (!frontend || !backend)
		return zl_result(EFAULT);
	if (!f || !b || (capture && !p.capture) || (control && !p.control))
		return zl_result(ENOTSOCK);
	return zl_result(run(&p));
}

int zmq_proxy(void *frontend, void *backend, void *capture)
{
	return zmq_proxy_steerable(frontend, backend, capture, NULL);
}

int zmq_device(int type, void *frontend, void *backend)
{
	(void)type;
	return zmq_proxy(frontend, backend, NULL);
}
