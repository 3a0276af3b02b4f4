/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/* zmq_timers: intervals whose handlers run in the thread that asks. One thread at a time. */

#include "abi.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct timer {
	int id;
	int64_t due_ms;
	int64_t interval_ms;
	zmq_timer_fn *handler;
	void *arg;
	uint64_t round; /* of zmq_timers_execute in which it ran last */
};

struct timers {
	struct timer *all;
	size_t count, room;
	int last_id;
	uint64_t round;
};

static struct timers *timers_of(void *handle)
{
	struct zl_slot *s = zl_slot_of(handle, ZL_TIMERS);

	return s ? s->object : NULL;
}

void *zmq_timers_new(void)
{
	struct timers *t = calloc(1, sizeof *t);
	struct zl_slot *s = t ? zl_slot_new(ZL_TIMERS) : NULL;

	if (!s) {
		free(t);
		errno = ENOMEM;
		return NULL;
	}
	s->object = t;
	return s;
}

int zmq_timers_destroy(void **handle)
{
	struct timers *t = handle ? timers_of(*handle) : NULL;

	if (!t)
		return zl_result(EFAULT);
	free(t->all);
	free(t);
	zl_slot_free(*handle);
	*handle = NULL;
	return 0;
}

static struct timer *timer_of(struct timers *t, int id)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->all[i].id == id)
			return &t->all[i];
	return NULL;
}

/* interval bounds what a clock can be moved by. */
static int64_t interval(size_t ms)
{
	return ms > INT_MAX ? INT_MAX : (int64_t)ms;
}

int zmq_timers_add(void *handle, size_t interval_ms, zmq_timer_fn handler, void *arg)
{
	struct timers *t = timers_of(handle);

	if (!t || !handler)
		return zl_result(EFAULT);
	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : 8;
		struct timer *all = realloc(t->all, room * sizeof *all);
		if (!all)
			return zl_result(ENOMEM);
		t->all = all;
		t->room = room;
	}
	t->all[t->count++] = (struct timer){
		.id = ++t->last_id,
		.due_ms = zl_now_ms() + interval(interval_ms),
		.interval_ms = interval(interval_ms),
		.handler = handler,
		.arg = arg,
	};
	return t->last_id;
}

int zmq_timers_cancel(void *handle, int timer_id)
{
	struct timers *t = timers_of(handle);
	struct timer *x = t ? timer_of(t, timer_id) : NULL;

	if (!t)
		return zl_result(EFAULT);
	if (!x)
		return zl_result(EINVAL);
	t->count--;
	memmove(x, x + 1, (size_t)(t->all + t->count - x) * sizeof *x);
	return 0;
}

int zmq_timers_set_interval(void *handle, int timer_id, size_t interval_ms)
{
	struct timers *t = timers_of(handle);
	struct timer *x = t ? timer_of(t, timer_id) : NULL;

	if (!t)
		return zl_result(EFAULT);
	if (!x)
		return zl_result(EINVAL);
	x->interval_ms = interval(interval_ms);
	x->due_ms = zl_now_ms() + x->interval_ms;
	return 0;
}

int zmq_timers_reset(void *handle, int timer_id)
{
	struct timers *t = timers_of(handle);
	struct timer *x = t ? timer_of(t, timer_id) : NULL;

	if (!t)
		return zl_result(EFAULT);
	if (!x)
		return zl_result(EINVAL);
	x->due_ms = zl_now_ms() + x->interval_ms;
	return 0;
}

/* next returns the timer that is due first, of those that have not run in a round. */
static struct timer *next(struct timers *t, uint64_t round)
{
	struct timer *first = NULL;

	for (size_t i = 0; i < t->count; i++) {
		struct timer *x = &t->all[i];
		if (x->round != round && (!first || x->due_ms < first->due_ms))
			first = x;
	}
	return first;
}

long zmq_timers_timeout(void *handle)
{
	struct timers *t = timers_of(handle);
	struct timer *x;
	int64_t left;

	if (!t)
		return zl_result(EFAULT);
	if (!(x = next(t, UINT64_MAX)))
		return -1;
	left = x->due_ms - zl_now_ms();
	return left > 0 ? (long)left : 0;
}

/*
 * zmq_timers_execute runs each handler once that is due now. Handlers may add,
 * change and cancel timers, so nothing is kept across one.
 */
int zmq_timers_execute(void *handle)
{
	struct timers *t = timers_of(handle);
	int64_t now = zl_now_ms();
	struct timer *x;
	uint64_t round;

	if (!t)
		return zl_result(EFAULT);
	round = ++t->round;
	while ((x = next(t, round)) && x->due_ms <= now) {
		zmq_timer_fn *handler = x->handler;
		x->round = round;
		x->due_ms = now + x->interval_ms;
		handler(x->id, x->arg);
		if (timers_of(handle) != t)
			break; /* destroyed by its handler */
	}
	return 0;
}
