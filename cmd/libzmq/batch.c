/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Messages received ahead. Where a stream of messages comes in faster than the
 * program takes them, one call into Go brings many, and the calls after it stay in C.
 * Only for types that receive from all peers in turn and whose state does not depend
 * on it, but for subscriptions (zl_batch_sift); never more than an eighth of RCVHWM, so
 * that the marks keep their meaning. Large bodies are not among them (ahead.go).
 * Previous: part.c. Next: ahead.go, which fills.
 */

#include "abi.h"

#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

/* span returns what a message takes of the batch. */
static size_t span(const struct zl_ahead *a)
{
	return sizeof *a + ((a->size + 15) & ~(size_t)15);
}

static const void *bytes_of(const struct zl_ahead *a)
{
	return a->content ? a->content->data : a + 1;
}

static size_t size_of(const struct zl_ahead *a)
{
	return a->content ? a->content->size : a->size;
}

static void forget(struct zl_ahead *a)
{
	if (a->props)
		zl_props_release(a->props);
	if (a->content)
		zl_content_release(a->content);
}

static int share(int hwm)
{
	if (hwm == 0 || hwm / ZL_BATCH_SHARE > ZL_BATCH_MESSAGES_MAX)
		return ZL_BATCH_MESSAGES_MAX;
	return hwm / ZL_BATCH_SHARE;
}

/* zl_batch_setup is for a new socket. */
void zl_batch_setup(struct zl_slot *s)
{
	s->batch_max = s->type == ZMQ_PULL || s->type == ZMQ_DEALER || s->type == ZMQ_SUB ? share(1000) : 0;
	s->streak = 0;
}

/* zl_batch_set hears of the options that it depends on. */
void zl_batch_set(struct zl_slot *s, int option, int value)
{
	if (s->batch_max == 0)
		return;
	if (option == ZMQ_RCVHWM)
		s->batch_max = share(value);
	if (option == ZMQ_CONFLATE && value)
		s->batch_max = 0;
}

/*
 * zl_batch_sift drops what was received ahead and is not subscribed to any more. Where
 * another thread has the batch it is empty, or receives from it at this moment.
 */
void zl_batch_sift(struct zl_slot *s)
{
	if (!zl_batch_hold(s))
		return;
	struct zl_batch *b = s->batch;
	size_t to = b ? b->read : 0;
	for (size_t at = to; b && at < b->end;) {
		struct zl_ahead *a = (struct zl_ahead *)(b->bytes + at);
		size_t size = span(a);
		int wants = 1;
		goWants(s->index, (void *)bytes_of(a), size_of(a), &wants);
		if (wants) {
			memmove(b->bytes + to, a, size);
			to += size;
		} else {
			forget(a);
			atomic_fetch_sub_explicit(&b->count, 1, memory_order_relaxed);
		}
		at += size;
	}
	if (b)
		b->end = to;
	zl_batch_drop(s);
}

/* zl_batch_free drops what has not been taken, with a socket. */
void zl_batch_free(struct zl_slot *s)
{
	struct zl_in in = { .cut = true };

	while (zl_batch_take(s, &in))
		;
	free(s->batch);
	s->batch = NULL;
}

/*
 * zl_batch_hold gives the batch to the calling thread. Threads share no socket of the
 * types that have a batch; one that does so anyway breaks nothing but the order.
 */
bool zl_batch_hold(struct zl_slot *s)
{
	return s->batch_max > 0 && !atomic_exchange_explicit(&s->batch_held, true, memory_order_acquire);
}

void zl_batch_drop(struct zl_slot *s)
{
	atomic_store_explicit(&s->batch_held, false, memory_order_release);
}

/*
 * zl_batch_take takes the next message. Its bytes are copied where the caller wants
 * them cut, else in->stage points to them until the batch is dropped.
 */
bool zl_batch_take(struct zl_slot *s, struct zl_in *in)
{
	struct zl_batch *b = s->batch;

	if (!b || b->read == b->end)
		return false;
	struct zl_ahead *a = (struct zl_ahead *)(b->bytes + b->read);
	b->read += span(a);
	atomic_fetch_sub_explicit(&b->count, 1, memory_order_relaxed);
	in->size = size_of(a);
	in->more = false;
	if (!in->cut) {
		in->stage = (unsigned char *)(a + 1);
		in->content = a->content;
		in->props = a->props;
		return true;
	}
	if (in->stage_size > 0)
		memcpy(in->stage, bytes_of(a), in->size < in->stage_size ? in->size : in->stage_size);
	forget(a);
	return true;
}

/* zl_batch_wanted returns the empty batch, where a stream is worth one. */
struct zl_batch *zl_batch_wanted(struct zl_slot *s)
{
	if (s->streak < ZL_STREAK_MIN)
		return NULL;
	if (!s->batch && !(s->batch = calloc(1, sizeof *s->batch)))
		return NULL;
	s->batch->read = s->batch->end = 0;
	s->batch->max = s->batch_max;
	return s->batch;
}

/* zl_batch_ready says whether something has been received ahead, as ZMQ_POLLIN. */
int zl_batch_ready(const struct zl_slot *s)
{
	const struct zl_batch *b = s->batch;

	return b && atomic_load_explicit(&b->count, memory_order_relaxed) > 0 ? ZMQ_POLLIN : 0;
}
