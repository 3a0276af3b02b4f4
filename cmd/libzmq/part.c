/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Sending and receiving, part by part: one call into Go for each, more only after
 * waiting; fewer in streams of small messages (outbox.c, batch.c). Previous: the
 * program. Next: part.go.
 */

#include "abi.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "_cgo_export.h"

/* A part on its way out. */
struct out {
	const void *data;
	size_t size;
	struct zl_content *content; /* whose reference passes on where the part is large, or NULL */
	bool constant;              /* data never changes and is never freed */
	uint32_t routing_id;
	const char *group;
};

static int clip(size_t size)
{
	return size > INT_MAX ? INT_MAX : (int)size;
}

/* held says whether a part is a body that gathers by reference. */
static inline bool held(const struct out *o)
{
	return o->content && o->size >= ZL_STAGE_BYTES && o->size <= ZL_HELD_BYTES_MAX;
}

/* gathers says whether a part is a message that may gather with others. */
static inline bool gathers(const struct zl_slot *s, const struct out *o, int flags)
{
	return s->gathers && (o->size <= ZL_GATHER_BYTES_MAX || held(o)) && !(flags & ZMQ_SNDMORE) && !s->midway;
}

/* put_frame writes a part behind what has gathered, where there is room for it. */
static inline void put_frame(struct zl_outbox *b, const struct out *o)
{
	unsigned char *at = b->bytes + b->end;
	size_t size = o->size;

	if (held(o)) {
		at[0] = ZL_HELD;
		memcpy(at + 1, &o->content, sizeof o->content);
		at += ZL_HELD_FRAME;
		b->held++;
		b->held_bytes += (uint32_t)size;
		size = 0;
	} else if (size <= UCHAR_MAX) {
		at[0] = 0;
		at[1] = (unsigned char)size;
		at += 2;
	} else {
		const unsigned char header[ZL_FRAME_HEADER_MAX] = { [0] = 2, [7] = size >> 8 & 0xff, [8] = size & 0xff };
		memcpy(at, header, sizeof header);
		at += sizeof header;
	}
	if (size > 0)
		memcpy(at, o->data, size);
	b->end = (uint32_t)(at - b->bytes + size);
}

/*
 * put lets a message gather where there is a stream of them. It returns false where it
 * has to go by itself.
 */
static inline bool put(struct zl_slot *s, const struct out *o)
{
	size_t size = held(o) ? 0 : o->size;
	struct zl_outbox *b;
	bool done = false;

	zl_outbox_hold(s);
	b = s->outbox;
	if (b && b->room > 0 && b->end + ZL_FRAME_HEADER_MAX + size <= ZL_OUTBOX_BYTES) {
		put_frame(b, o);
		zl_outbox_put(s);
		done = true;
	}
	zl_outbox_drop(s);
	return done;
}

/* try_send hands a part to Go, behind what has gathered. */
static int try_send(struct zl_slot *s, struct out *o, int flags)
{
	int e;

	if (atomic_load_explicit(&s->queued, memory_order_relaxed) > 0 && (e = zl_outbox_flush(s, flags & ZL_RETRY)))
		return e;
	if (s->single)
		return goSendTo(s->index, (void *)o->data, o->size, flags, o->routing_id, (char *)o->group);
	if (o->size >= ZL_STAGE_BYTES && (o->content || o->constant))
		return goSendHeld(s->index, (void *)o->data, o->size, flags, o->content);
	return goSend(s->index, (void *)o->data, o->size, flags);
}

/* send_part sends a part, waiting for room where flags and SNDTIMEO allow. */
static int send_part(struct zl_slot *s, struct out *o, int flags)
{
	int64_t deadline;
	int e;

	bool paced = gathers(s, o, flags);

	s->asked = true;
	s->asked_large = o->size >= ZL_LARGE_BYTES;
	if (paced && put(s, o))
		return 0;
	if (paced)
		zl_outbox_by_itself(s, false);
	if ((e = try_send(s, o, flags)) == 0)
		s->midway = (flags & ZMQ_SNDMORE) != 0;
	if (e != EAGAIN || (flags & ZMQ_DONTWAIT) || s->send_timeout_ms == 0)
		goto done;
	deadline = zl_deadline(s->send_timeout_ms);
	if (s->stays)
		goUnstay(s->index); /* the peer may wait for room as well: what it has sent is to be read */
	zl_wait_begin(s, ZL_SENDS);
	while ((e = try_send(s, o, flags | ZL_RETRY | zl_wait_others(s, ZL_SENDS))) == EAGAIN)
		if ((e = zl_wait(s, -1, deadline)))
			break;
	zl_wait_end(s, ZL_SENDS);
	if (e == 0)
		s->midway = (flags & ZMQ_SNDMORE) != 0;
done:
	if (e != EAGAIN && e != EINTR)
		zl_pass_on(s, ZMQ_POLLIN | ZMQ_POLLOUT);
	if (paced && e == 0)
		zl_outbox_by_itself(s, true);
	return e;
}

int zmq_send(void *socket, const void *data, size_t size, int flags)
{
	ZL_FORKED(zmq_send, -1, socket, data, size, flags);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	struct out o = { .data = data, .size = size };
	int e = !s ? ENOTSOCK : !data && size > 0 ? EFAULT : send_part(s, &o, flags);

	return e ? zl_result(e) : clip(size);
}

int zmq_send_const(void *socket, const void *data, size_t size, int flags)
{
	ZL_FORKED(zmq_send_const, -1, socket, data, size, flags);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	struct out o = { .data = data, .size = size, .constant = true };
	int e = !s ? ENOTSOCK : !data && size > 0 ? EFAULT : send_part(s, &o, flags);

	return e ? zl_result(e) : clip(size);
}

/*
 * zmq_msg_send sends a message and leaves it empty. Where the body is large Go keeps
 * it by reference until it is on the wire; a smaller one is copied and let go here.
 */
int zmq_msg_send(zmq_msg_t *msg, void *socket, int flags)
{
	ZL_FORKED(zmq_msg_send, -1, msg, socket, flags);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	struct zl_msg *m = (struct zl_msg *)msg;
	int e;

	if (!s)
		return zl_result(ENOTSOCK);
	if (!zl_msg_valid(m))
		return zl_result(EFAULT);
	struct out o = {
		.data = zmq_msg_data(msg),
		.size = zmq_msg_size(msg),
		.content = m->type == ZL_COUNTED ? m->content : NULL,
		.constant = m->type == ZL_CONSTANT,
		.routing_id = m->routing_id,
		.group = m->group,
	};
	e = send_part(s, &o, flags);
	if (e)
		return zl_result(e);
	if (o.size >= ZL_STAGE_BYTES && o.content && !s->single)
		m->type = ZL_INLINE; /* the reference has passed to Go */
	if (m->type != ZL_INLINE || m->props || m->group)
		zl_msg_release(m);
	zl_msg_clear(m);
	return clip(o.size);
}

int zmq_sendmsg(void *socket, zmq_msg_t *msg, int flags)
{
	return zmq_msg_send(msg, socket, flags);
}

enum {
	LULL_LOOKS_MAX = 4,    /* looks at a stream that has run dry, before its reader sleeps */
	LULL_PAUSES = 64,      /* before the first look, some 3 us; twice as many before the next */
	STREAM_MESSAGES_MIN = 2, /* received without a wait in between, what makes a stream */
};

/* staying is what goRecv is told by who will wait, at a lent descriptor if there is one. */
static inline int staying(const struct zl_slot *s)
{
	return s->stays ? ZL_STAYS : 0;
}

/*
 * lull lets messages gather where a stream has been read faster than it comes: to
 * sleep at once would have its sender wake the reader for each message.
 */
static int lull(struct zl_slot *s, struct zl_in *in)
{
	int e = EAGAIN;

	for (int look = 0; e == EAGAIN && look < LULL_LOOKS_MAX; look++) {
		for (int i = 0; i < LULL_PAUSES << look; i++)
			zl_pause();
		e = goRecv(s->index, in, staying(s));
	}
	return e;
}

enum {
	ANSWER_NS = 25 * 1000,  /* for which an answer is looked for, before its reader sleeps */
	FAR_NS = 100 * 1000,    /* where the peer is at the other end of a descriptor */
	FAR_LARGE_NS = 500 * 1000, /* and has to read a large body first */
	ANSWER_PAUSES = 10,     /* between two looks */
	ANSWER_YIELD_LOOKS = 8, /* after so many another thread may have the processor */
	ANSWER_GAIN_NS = 10 * 1000, /* what that saves, about */
	ANSWER_SKIPS_MAX = 1024, /* waits in which nobody looks, where there was no answer in time */
};

/* looks_for returns for how many ns an answer is looked for: 0 is not at all. */
static int64_t looks_for(struct zl_slot *s, const struct zl_in *in)
{
	int beside = 0;

	if (in->fd >= 0)
		return s->asked_large ? FAR_LARGE_NS : FAR_NS;
	goBeside(s->index, &beside);
	return beside ? ANSWER_NS : 0;
}

/* look_beside looks once for what a thread of this process sends. */
static int look_beside(struct zl_slot *s, struct zl_in *in, int look)
{
	for (int i = 0; i < ANSWER_PAUSES; i++)
		zl_pause();
	if (look % ANSWER_YIELD_LOOKS == 0)
		sched_yield();
	return goRecv(s->index, in, staying(s));
}

/*
 * recv_again is for who has waited. It takes the socket's signal back: where that was
 * for those who wait to send, and perhaps have begun to meanwhile, they look as well.
 */
static int recv_again(struct zl_slot *s, struct zl_in *in, int flags)
{
	int others = zl_wait_others(s, ZL_RECEIVES);
	int e = goRecv(s->index, in, ZL_RETRY | staying(s) | flags | others);

	if (e == EAGAIN && !others && zl_wait_others(s, ZL_RECEIVES))
		goRaise(s->index);
	return e;
}

/* look_far looks once for what comes in at the descriptor that has been lent. */
static int look_far(struct zl_slot *s, struct zl_in *in)
{
	if (zl_ready(s, in->fd))
		return recv_again(s, in, ZL_WOKEN);
	sched_yield();
	return EAGAIN;
}

/*
 * look_for_answer looks for a moment for the answer to what was sent last, where all
 * peers are threads of this process, or the only one's descriptor has been lent: to
 * have each other woken takes both sides longer than all the rest of a round trip.
 * Where it was in vain, or took longer than that, it is tried less often: the answers
 * take longer, or others need the processors.
 */
static int look_for_answer(struct zl_slot *s, struct zl_in *in)
{
	int e = EAGAIN;

	if (s->answer_skips > 0) {
		s->answer_skips--;
		return EAGAIN;
	}
	int64_t most = looks_for(s, in), start = zl_now_ns(), took = 0;
	for (int look = 1; e == EAGAIN && took < most; look++) {
		e = in->fd >= 0 ? look_far(s, in) : look_beside(s, in, look);
		took = zl_now_ns() - start;
	}
	if (e != EAGAIN && took < most) {
		s->answer_misses = 0;
		return e;
	}
	int64_t skips = 1 << s->answer_misses;
	if (skips < ANSWER_SKIPS_MAX)
		s->answer_misses++;
	if (skips < took / ANSWER_GAIN_NS)
		skips = took / ANSWER_GAIN_NS;
	s->answer_skips = skips < ANSWER_SKIPS_MAX ? (int)skips : ANSWER_SKIPS_MAX;
	return e;
}

/* recv_waiting goes on where there was nothing. */
static int recv_waiting(struct zl_slot *s, struct zl_in *in)
{
	int64_t deadline = zl_deadline(s->recv_timeout_ms);
	int e, flags = 0;

	if (s->asked && (e = look_for_answer(s, in)) != EAGAIN)
		return e;
	zl_wait_begin(s, ZL_RECEIVES);
	while ((e = recv_again(s, in, flags)) == EAGAIN) {
		/* What is ready may be a piece of a body, and the next one, too. */
		if (flags && deadline >= 0 && zl_now_ms() >= deadline)
			break;
		if ((e = zl_wait(s, in->fd, deadline)))
			break;
		flags = ZL_WOKEN;
	}
	zl_wait_end(s, ZL_RECEIVES);
	if (e && in->fd >= 0)
		goUnstay(s->index);
	return e;
}

/*
 * zl_recv_part receives a part, waiting for it where flags and RCVTIMEO allow. The
 * caller holds the batch or does not use it.
 */
int zl_recv_part(struct zl_slot *s, struct zl_in *in, int flags)
{
	in->addressed = s->single;
	in->fd = -1;
	if (atomic_load_explicit(&s->queued, memory_order_relaxed) > 0)
		zl_outbox_flush(s, 0);
	bool waits = !(flags & ZMQ_DONTWAIT) && s->recv_timeout_ms != 0;
	int quiet = waits ? staying(s) : ZL_QUIET | zl_wait_others(s, ZL_RECEIVES);
	int e = goRecv(s->index, in, quiet);

	if (e == EAGAIN && waits && in->fd < 0 && s->streak >= STREAM_MESSAGES_MIN)
		e = lull(s, in);
	if (e == EAGAIN && zl_outbox_flush_all())
		e = goRecv(s->index, in, quiet);
	if (e == EAGAIN) {
		s->streak = 0;
		in->batch = NULL;
		if (waits)
			e = recv_waiting(s, in);
	} else {
		s->streak++;
	}
	if (e == 0) {
		s->more = in->more;
		s->asked = false;
	}
	if (e != EAGAIN && e != EINTR)
		zl_pass_on(s, ZMQ_POLLIN | ZMQ_POLLOUT);
	return e;
}

/* recv_ahead is zl_recv_part by way of the batch, which the caller holds. */
static int recv_ahead(struct zl_slot *s, struct zl_in *in, int flags)
{
	if (zl_batch_take(s, in)) {
		s->more = false;
		return 0;
	}
	in->batch = zl_batch_wanted(s);
	return zl_recv_part(s, in, flags);
}

int zmq_recv(void *socket, void *data, size_t size, int flags)
{
	ZL_FORKED(zmq_recv, -1, socket, data, size, flags);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	struct zl_in in = { .stage = data, .stage_size = size, .cut = true };
	int e;

	if (!s)
		return zl_result(ENOTSOCK);
	if (!data && size > 0)
		return zl_result(EFAULT);
	if (zl_batch_hold(s)) {
		e = recv_ahead(s, &in, flags);
		zl_batch_drop(s);
	} else {
		e = zl_recv_part(s, &in, flags);
	}
	return e ? zl_result(e) : clip(in.size);
}

/* fill makes m the part that has come. */
static int fill(struct zl_msg *m, struct zl_in *in)
{
	zl_msg_release(m);
	zl_msg_clear(m);
	if (in->content) {
		m->type = ZL_COUNTED;
		m->content = in->content;
	} else if (in->size <= ZL_INLINE_MAX) {
		m->in.size = (unsigned char)in->size;
		memcpy(m->in.bytes, in->stage, in->size);
	} else {
		struct zl_content *c = zl_content_new(in->size);
		if (!c)
			return ENOMEM;
		memcpy(c->data, in->stage, in->size);
		m->content = c;
		m->type = ZL_COUNTED;
	}
	m->flags = in->more ? ZL_MORE : 0;
	m->props = in->props;
	m->routing_id = in->routing_id;
	m->group = in->group;
	return 0;
}

int zmq_msg_recv(zmq_msg_t *msg, void *socket, int flags)
{
	ZL_FORKED(zmq_msg_recv, -1, msg, socket, flags);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	unsigned char stage[ZL_STAGE_BYTES];
	struct zl_in in = { .stage = stage, .stage_size = sizeof stage };
	int e;

	if (!s)
		return zl_result(ENOTSOCK);
	if (!zl_msg_valid((struct zl_msg *)msg))
		return zl_result(EFAULT);
	bool held = zl_batch_hold(s);
	e = held ? recv_ahead(s, &in, flags) : zl_recv_part(s, &in, flags);
	if (!e)
		e = fill((struct zl_msg *)msg, &in);
	if (held)
		zl_batch_drop(s);
	return e ? zl_result(e) : clip(in.size);
}

int zmq_recvmsg(void *socket, zmq_msg_t *msg, int flags)
{
	return zmq_msg_recv(msg, socket, flags);
}

/* zmq_sendiov sends one part for each buffer, as one message. */
int zmq_sendiov(void *socket, struct iovec *iov, size_t count, int flags)
{
	ZL_FORKED(zmq_sendiov, -1, socket, iov, count, flags);
	int n = 0;

	if (!zl_slot_of(socket, ZL_SOCKET))
		return zl_result(ENOTSOCK);
	if (count == 0 || !iov)
		return zl_result(EINVAL);
	for (size_t i = 0; i < count && n >= 0; i++) {
		if (i == count - 1)
			flags &= ~ZMQ_SNDMORE;
		n = zmq_send(socket, iov[i].iov_base, iov[i].iov_len, flags);
	}
	return n;
}

/* zmq_recviov receives up to *count parts into memory that the caller frees. */
int zmq_recviov(void *socket, struct iovec *iov, size_t *count, int flags)
{
	ZL_FORKED(zmq_recviov, -1, socket, iov, count, flags);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	size_t room = count ? *count : 0;
	bool more = true;
	int n = 0;

	if (!s)
		return zl_result(ENOTSOCK);
	if (room == 0 || !iov)
		return zl_result(EINVAL);
	*count = 0;
	for (size_t i = 0; more && i < room; i++, n++) {
		zmq_msg_t msg;
		zmq_msg_init(&msg);
		if (zmq_msg_recv(&msg, socket, flags) < 0)
			return -1;
		iov[i].iov_len = zmq_msg_size(&msg);
		iov[i].iov_base = malloc(iov[i].iov_len ? iov[i].iov_len : 1);
		if (!iov[i].iov_base) {
			zmq_msg_close(&msg);
			return zl_result(ENOMEM);
		}
		memcpy(iov[i].iov_base, zmq_msg_data(&msg), iov[i].iov_len);
		more = zmq_msg_more(&msg) == 1;
		zmq_msg_close(&msg);
		*count = i + 1;
	}
	return n;
}
