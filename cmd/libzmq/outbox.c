/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * The outbox: while a program sends messages in a dense stream they gather in C's memory,
 * small ones framed as they will stand on the wire, bodies by reference, and pass to Go
 * many at a time.
 * Previous: part.c. Next: outbox.go, socket/base_framed.go.
 *
 * What may gather. Go says for how many messages the peers have room (room): so many
 * and no more are put in before Go is asked again, so that high-water marks, EAGAIN
 * and waiting for room are what they are without an outbox. Everything that does not
 * go into it (parts of larger messages, large bodies, other calls on the socket) is
 * done after it has been handed over, so that the order is that of the calls.
 *
 * Whose stream is dense. That of a thread, over all the sockets that it sends to: a
 * program that goes round a thousand sockets with one message each pays for the way
 * into Go with each of them, and the connections get one message at a time. What
 * counts is the time that the thread needs for itself between two messages.
 *
 * How long it may lie. Until the program's next call that waits, finds nothing or
 * changes anything (zl_outbox_flush_all), at the latest until the watcher has found twice
 * that nothing was handed over meanwhile: 2 * TICK_NS, and TICK_NS more for each
 * PATIENCE_LEASES sockets. What the watcher had to hand over is marked (look): with the
 * next message its thread looks whether its stream is dense still.
 *
 * Who touches what. slot.outbox and what it points to, and slot.leased, belong to the
 * holder of slot.outbox_held, which is taken by an exchange with acquire and given
 * back by a store with release: one holder sees all that the last one did. The watcher
 * and those who flush what others have gathered read slot.queued and slot.puts, which
 * the holder writes, without holding it, and only to decide whether to take it: a value
 * that is old costs them a tick. A thread sees its own queued as it has no other order
 * than the program's. The holder never waits for anything but Go's send lock, which
 * nobody keeps while waiting.
 */

#include "abi.h"

#include <pthread.h>
#include <stddef.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/prctl.h>

#include "_cgo_export.h"

enum {
	GAP_MAX_NS = 1500,     /* that a program may need for a message of a dense stream, the mean */
	STREAK_MESSAGES = 16,  /* of a thread, after which their gap is looked at */
	ROOM_MIN = 8,          /* messages; for fewer an outbox is not worth it */
	LEASES_MAX = 1024,     /* outboxes that there may be at a time */
	PATIENCE_LEASES = 128, /* for so many what is in them may lie a tick longer */
	TICK_NS = 100 * 1000,  /* the watcher looks so often */
	REST_TICKS = 50,       /* without messages, after which it sleeps */
	SPINS_MAX = 200,       /* looks at a lock that another thread has, before it gets the processor */
};

/* The sockets that have outboxes, for the watcher and for flush_all. lock guards the
 * writing of at and all of the rest; slots are never unmapped. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t stirred;
	_Atomic uint32_t stirs; /* times that an outbox has begun to be used, or again */
	_Atomic bool asleep;    /* the watcher is, until stirs changes */
	_Atomic uint32_t count;
	_Atomic uint32_t filled; /* outboxes with messages in them */
	_Atomic uint32_t end;    /* at[end] and above have never been used */
	_Atomic(struct zl_slot *) at[LEASES_MAX];
	bool watched; /* the watcher has been started */
} leases = { .lock = PTHREAD_MUTEX_INITIALIZER, .stirred = PTHREAD_COND_INITIALIZER };

/*
 * How fast this thread would send if sending took no time: what it needs for itself
 * from one message to the next. To send may take long where the machine is busy, or
 * where there are many connections, and is then worth gathering all the more.
 */
static __thread __attribute__((tls_model("initial-exec"))) struct {
	int64_t left_ns;   /* when the library was left */
	int64_t own_ns;    /* spent outside, since messages was 0 */
	uint32_t messages; /* that were sent in that time */
	bool dense;
} pace;

/* zl_outbox_wait gets an outbox that another thread holds. */
void zl_outbox_wait(struct zl_slot *s)
{
	for (int spins = 0; atomic_exchange_explicit(&s->outbox_held, true, memory_order_acquire); spins++) {
		if (spins < SPINS_MAX)
			zl_pause();
		else
			sched_yield();
	}
}

/* enter ends a time that the program had for itself, and looks whether its stream is dense. */
static void enter(void)
{
	pace.own_ns += zl_now_ns() - pace.left_ns;
	if (pace.messages < STREAK_MESSAGES && pace.own_ns <= STREAK_MESSAGES * GAP_MAX_NS)
		return;
	pace.dense = pace.own_ns <= (int64_t)pace.messages * GAP_MAX_NS;
	pace.own_ns = 0;
	pace.messages = 0;
}

static void leave(void)
{
	pace.left_ns = zl_now_ns();
}

/* queue notes how much is in an outbox after some was taken out. Runs on the holder. */
static void queue(struct zl_slot *s, uint32_t bytes)
{
	if (bytes == 0 && atomic_load_explicit(&s->queued, memory_order_relaxed) > 0)
		atomic_fetch_sub_explicit(&leases.filled, 1, memory_order_relaxed);
	atomic_store_explicit(&s->queued, bytes, memory_order_relaxed);
}

/* frame_len returns the length of the frame at which something begins that has gathered. */
static uint32_t frame_len(const unsigned char *at)
{
	if (at[0] == ZL_HELD)
		return ZL_HELD_FRAME;
	return at[0] == 0 ? 2u + at[1] : ZL_FRAME_HEADER_MAX + (uint32_t)(at[7] << 8 | at[8]);
}

/* empty forgets what is in an outbox: it was sent, or nobody is there who would. Runs on the holder. */
static void empty(struct zl_outbox *b)
{
	for (uint32_t at = b->begin; b->held > 0 && at < b->end; at += frame_len(b->bytes + at)) {
		struct zl_content *content;
		if (b->bytes[at] != ZL_HELD)
			continue;
		memcpy(&content, b->bytes + at + 1, sizeof content);
		zl_content_release(content);
		b->held--;
	}
	b->begin = b->end = b->held_bytes = 0;
}

/* hand_over passes on what has gathered. Runs on the holder. */
static int hand_over(struct zl_slot *s, int flags)
{
	struct zl_outbox *b = s->outbox;
	int e = goSendGathered(s->index, b, flags);

	if (b->begin == b->end || e != EAGAIN)
		empty(b);
	if (b->begin != b->end)
		b->room = 0;
	else if (e == EAGAIN)
		e = 0;
	atomic_store_explicit(&s->passes, atomic_load_explicit(&s->passes, memory_order_relaxed) + 1, memory_order_relaxed);
	queue(s, b->end - b->begin);
	return e;
}

/* stir has the watcher look. */
static void stir(void)
{
	atomic_fetch_add(&leases.stirs, 1);
	if (!atomic_load(&leases.asleep))
		return;
	pthread_mutex_lock(&leases.lock);
	pthread_cond_signal(&leases.stirred);
	pthread_mutex_unlock(&leases.lock);
}

/* look_up looks at the stream, and hands over what has gathered where that is to go now. Runs on the holder. */
static void look_up(struct zl_slot *s, bool full)
{
	struct zl_outbox *b = s->outbox;

	enter();
	if (full || !pace.dense)
		hand_over(s, 0);
	if (!pace.dense) {
		b->room = 0;
	} else if (b->look) {
		b->look = false;
		stir();
	}
	leave();
}

/* zl_outbox_put notes a message that was put in. Runs on the holder. */
void zl_outbox_put(struct zl_slot *s)
{
	struct zl_outbox *b = s->outbox;
	uint32_t was = atomic_load_explicit(&s->queued, memory_order_relaxed);

	pace.messages++;
	b->room--;
	atomic_store_explicit(&s->queued, b->end - b->begin, memory_order_relaxed);
	atomic_store_explicit(&s->puts, atomic_load_explicit(&s->puts, memory_order_relaxed) + 1, memory_order_relaxed);
	if (was == 0)
		atomic_fetch_add_explicit(&leases.filled, 1, memory_order_relaxed);
	bool full = b->room == 0 || b->held_bytes >= ZL_HELD_SUM_BYTES_MAX || b->end > ZL_OUTBOX_BYTES - ZL_FRAME_HEADER_MAX - ZL_GATHER_BYTES_MAX;
	if (full || b->look || pace.messages >= ZL_OUTBOX_MESSAGES_MAX)
		look_up(s, full);
}

/*
 * zl_outbox_flush hands over what has gathered. It returns EAGAIN where some of it
 * has no room, since a peer has gone, and whatever else a send returns.
 */
int zl_outbox_flush(struct zl_slot *s, int flags)
{
	int e = 0;

	zl_outbox_hold(s);
	if (s->outbox && atomic_load_explicit(&s->queued, memory_order_relaxed) > 0)
		e = hand_over(s, flags);
	zl_outbox_drop(s);
	return e;
}

/* zl_outbox_settle is zl_outbox_flush before something changes: nothing gathers until there is a stream again. */
void zl_outbox_settle(struct zl_slot *s)
{
	if (!atomic_load_explicit(&s->leased, memory_order_relaxed))
		return;
	zl_outbox_hold(s);
	if (s->outbox) {
		if (atomic_load_explicit(&s->queued, memory_order_relaxed) > 0)
			hand_over(s, ZL_PRESS);
		s->outbox->room = 0;
	}
	zl_outbox_drop(s);
}

/* zl_outbox_flush_all hands over what any thread has gathered: the caller is about to wait, or to change something.
 * It returns whether there was anything. */
bool zl_outbox_flush_all(void)
{
	bool any = false;

	if (atomic_load_explicit(&leases.filled, memory_order_relaxed) == 0)
		return false;
	for (uint32_t i = 0, end = atomic_load_explicit(&leases.end, memory_order_acquire); i < end; i++) {
		struct zl_slot *s = atomic_load_explicit(&leases.at[i], memory_order_acquire);
		if (s && atomic_load_explicit(&s->queued, memory_order_relaxed) > 0) {
			zl_outbox_flush(s, ZL_PRESS);
			any = true;
		}
	}
	return any;
}

/* zl_outbox_settle_context settles all sockets of a context, which is about to end. */
void zl_outbox_settle_context(uint32_t context)
{
	for (uint32_t i = 0, end = atomic_load_explicit(&leases.end, memory_order_acquire); i < end; i++) {
		struct zl_slot *s = atomic_load_explicit(&leases.at[i], memory_order_acquire);
		if (s && s->context == context)
			zl_outbox_settle(s);
	}
}

/* release ends a socket's lease. Runs on the holder. */
static void release(struct zl_slot *s)
{
	if (!atomic_load_explicit(&s->leased, memory_order_relaxed))
		return;
	pthread_mutex_lock(&leases.lock);
	for (int i = 0; i < LEASES_MAX; i++) {
		if (atomic_load_explicit(&leases.at[i], memory_order_relaxed) == s) {
			atomic_store_explicit(&leases.at[i], NULL, memory_order_release);
			atomic_fetch_sub(&leases.count, 1);
		}
	}
	pthread_mutex_unlock(&leases.lock);
	atomic_store_explicit(&s->leased, false, memory_order_relaxed);
}

/* zl_outbox_free hands over what it can, with a socket. */
void zl_outbox_free(struct zl_slot *s)
{
	if (!s->gathers)
		return;
	zl_outbox_hold(s);
	if (s->outbox) {
		if (atomic_load_explicit(&s->queued, memory_order_relaxed) > 0)
			hand_over(s, ZL_PRESS);
		empty(s->outbox);
		queue(s, 0);
		release(s);
		free(s->outbox);
		s->outbox = NULL;
	}
	zl_outbox_drop(s);
}

/* What the watcher remembers of a lease. */
struct seen {
	struct zl_slot *slot;
	uint32_t puts, passes;
	int rests; /* ticks without messages */
	int lies;  /* ticks without a hand-over */
};

/* pass hands over what a thread has left in an outbox, which is to look up with the next message. */
static void pass(struct zl_slot *s, int flags)
{
	zl_outbox_hold(s);
	if (s->outbox && atomic_load_explicit(&s->queued, memory_order_relaxed) > 0)
		hand_over(s, flags);
	if (s->outbox)
		s->outbox->look = true;
	zl_outbox_drop(s);
}

/* look_after hands over what lies too long. It returns false where there is nothing and came nothing. */
static bool look_after(struct zl_slot *s, struct seen *was, int patience)
{
	uint32_t puts = atomic_load_explicit(&s->puts, memory_order_relaxed);
	uint32_t passes = atomic_load_explicit(&s->passes, memory_order_relaxed);
	struct seen is = { .slot = s, .puts = puts, .passes = passes };
	bool filled = atomic_load_explicit(&s->queued, memory_order_relaxed) > 0;

	if (was->slot == s) {
		is.rests = was->puts == puts ? was->rests + 1 : 0;
		is.lies = filled && was->passes == passes ? was->lies + 1 : 0;
	}
	*was = is;
	if (!filled)
		return is.rests == 0;
	/* What finds no room is tried again, ever less often. */
	if (is.rests > patience ? (is.rests & (is.rests - 1)) == 0 || is.rests % REST_TICKS == 0 : is.lies >= patience)
		pass(s, is.rests > 0 ? ZL_PRESS : 0);
	return true;
}

/* tick looks at all outboxes once. It returns false where all are empty and nothing came. */
static bool tick(void)
{
	static struct seen seen[LEASES_MAX];
	int patience = 1 + (int)(atomic_load_explicit(&leases.count, memory_order_relaxed) / PATIENCE_LEASES);
	bool any = false;

	for (uint32_t i = 0, end = atomic_load_explicit(&leases.end, memory_order_acquire); i < end; i++) {
		struct zl_slot *s = atomic_load_explicit(&leases.at[i], memory_order_acquire);
		if (s && look_after(s, &seen[i], patience))
			any = true;
	}
	return any;
}

/* rest lets the watcher sleep until an outbox is used again, all of which are marked before. */
static void rest(void)
{
	uint32_t stirs = atomic_load(&leases.stirs);

	for (uint32_t i = 0, end = atomic_load_explicit(&leases.end, memory_order_acquire); i < end; i++) {
		struct zl_slot *s = atomic_load_explicit(&leases.at[i], memory_order_acquire);
		if (s)
			pass(s, ZL_PRESS);
	}
	if (atomic_load(&leases.filled) > 0)
		return;
	pthread_mutex_lock(&leases.lock);
	atomic_store(&leases.asleep, true);
	while (atomic_load(&leases.stirs) == stirs)
		pthread_cond_wait(&leases.stirred, &leases.lock);
	atomic_store(&leases.asleep, false);
	pthread_mutex_unlock(&leases.lock);
}

/* watch is the watcher's thread. */
static void *watch(void *unused)
{
	const struct timespec time = { .tv_nsec = TICK_NS };

	(void)unused;
	prctl(PR_SET_TIMERSLACK, 1000ul);
	for (int rests = 0;; rests = tick() ? 0 : rests + 1) {
		if (rests >= REST_TICKS) {
			rest();
			rests = 0;
		}
		nanosleep(&time, NULL);
	}
	return NULL;
}

/* start_watcher starts the watcher once. Runs under leases.lock. */
static bool start_watcher(void)
{
	sigset_t all, before;
	pthread_t thread;

	if (leases.watched)
		return true;
	sigfillset(&all);
	sigdelset(&all, SIGURG);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, watch, NULL) == 0) {
		pthread_detach(thread);
		leases.watched = true;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return leases.watched;
}

/* acquire puts a socket among those that the watcher looks after. Runs on the holder. */
static bool acquire(struct zl_slot *s)
{
	bool done = false;

	if (atomic_load_explicit(&s->leased, memory_order_relaxed))
		return true;
	pthread_mutex_lock(&leases.lock);
	for (int i = 0; !done && i < LEASES_MAX; i++) {
		if (atomic_load_explicit(&leases.at[i], memory_order_relaxed) || !start_watcher())
			continue;
		atomic_store_explicit(&leases.at[i], s, memory_order_release);
		if ((uint32_t)i >= atomic_load_explicit(&leases.end, memory_order_relaxed))
			atomic_store_explicit(&leases.end, (uint32_t)i + 1, memory_order_release);
		atomic_fetch_add(&leases.count, 1);
		done = true;
	}
	pthread_mutex_unlock(&leases.lock);
	if (done)
		atomic_store_explicit(&s->leased, true, memory_order_relaxed);
	return done;
}

/* begin lets messages gather, where the peers have room. */
static void begin(struct zl_slot *s)
{
	zl_outbox_hold(s);
	if (!s->outbox && atomic_load_explicit(&s->kind, memory_order_relaxed) == ZL_SOCKET &&
	    (s->outbox = malloc(sizeof *s->outbox)))
		memset(s->outbox, 0, offsetof(struct zl_outbox, bytes));
	if (s->outbox && s->outbox->room == 0 && hand_over(s, 0) == 0) {
		s->outbox->look = false;
		if (s->outbox->room >= ROOM_MIN && acquire(s))
			stir();
		else
			s->outbox->room = 0;
	}
	zl_outbox_drop(s);
}

/* zl_outbox_by_itself hears of each small message that goes by itself: that it will, and that it did. */
void zl_outbox_by_itself(struct zl_slot *s, bool went)
{
	if (!went) {
		enter();
		pace.messages++;
		return;
	}
	if (pace.dense)
		begin(s);
	leave();
}
