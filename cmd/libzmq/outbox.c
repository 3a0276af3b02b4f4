/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * The outbox: while a program sends small messages in a dense stream they gather in
 * C's memory, framed as they will stand on the wire, and pass to Go many at a time.
 * Previous: part.c. Next: outbox.go, socket/base_framed.go.
 *
 * What may gather. Go says for how many messages the peers have room (room): so many
 * and no more are put in before Go is asked again, so that high-water marks, EAGAIN
 * and waiting for room are what they are without an outbox. Everything that does not
 * go into it (parts of larger messages, large bodies, other calls on the socket) is
 * done after it has been handed over, so that the order is that of the calls.
 *
 * How long it may lie. Until the program's next call that waits, finds nothing or
 * changes anything (zl_outbox_flush_all), at the latest until the watcher finds it
 * unchanged twice: twice ZL_TICK_NS. A stream that becomes thin has no outbox.
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
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/prctl.h>

#include "_cgo_export.h"

enum {
	GAP_MAX_NS = 2000,    /* between the messages of a dense stream, the mean */
	STREAK_MESSAGES = 16, /* sent one by one, after which their gap is looked at */
	ROOM_MIN = 8,         /* messages; for fewer an outbox is not worth it */
	LEASES_MAX = 64,      /* outboxes that may be in use at a time */
	TICK_NS = 100 * 1000, /* the watcher looks so often */
	REST_TICKS = 50,      /* without messages, after which it stops looking at a socket */
	SPINS_MAX = 200,      /* looks at a lock that another thread has, before it gets the processor */
};

/* The sockets whose outboxes are in use, for the watcher and for flush_all. lock guards
 * the writing of at and all of the rest; slots are never unmapped. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t begun; /* count is no longer 0 */
	_Atomic uint32_t count;
	_Atomic(struct zl_slot *) at[LEASES_MAX];
	bool watched; /* the watcher has been started */
} leases = { .lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER };

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

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

/* hand_over passes on what has gathered. Runs on the holder. */
static int hand_over(struct zl_slot *s, int flags)
{
	struct zl_outbox *b = s->outbox;
	int e = goSendGathered(s->index, b, flags);

	if (b->begin == b->end || e != EAGAIN)
		b->begin = b->end = 0; /* sent, or nobody is there who would */
	if (b->begin != b->end)
		b->room = 0;
	else if (e == EAGAIN)
		e = 0;
	atomic_store_explicit(&s->queued, (uint32_t)(b->end - b->begin), memory_order_relaxed);
	return e;
}

/* zl_outbox_full hands over and goes on, as long as the stream is dense. Runs on the holder. */
void zl_outbox_full(struct zl_slot *s)
{
	struct zl_outbox *b = s->outbox;
	int64_t now = now_ns();
	bool dense = now - b->since_ns <= (int64_t)b->puts * GAP_MAX_NS;

	hand_over(s, 0);
	b->since_ns = now;
	b->puts = 0;
	if (!dense)
		b->room = 0;
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

	if (atomic_load_explicit(&leases.count, memory_order_relaxed) == 0)
		return false;
	for (int i = 0; i < LEASES_MAX; i++) {
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
	for (int i = 0; i < LEASES_MAX; i++) {
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
		atomic_store_explicit(&s->queued, 0, memory_order_relaxed);
		release(s);
		free(s->outbox);
		s->outbox = NULL;
	}
	zl_outbox_drop(s);
}

/* What the watcher remembers of a lease. */
struct seen {
	struct zl_slot *slot;
	uint32_t puts;
	int rests; /* ticks without messages */
};

/* look_after hands over what lies too long, and ends a lease that nobody uses. */
static void look_after(struct zl_slot *s, struct seen *was)
{
	uint32_t puts = atomic_load_explicit(&s->puts, memory_order_relaxed);

	if (was->slot != s || was->puts != puts) {
		*was = (struct seen){ .slot = s, .puts = puts };
		return;
	}
	was->rests++;
	if (atomic_load_explicit(&s->queued, memory_order_relaxed) > 0) {
		/* What finds no room is tried again, ever less often. */
		if ((was->rests & (was->rests - 1)) == 0 || was->rests % REST_TICKS == 0)
			zl_outbox_settle(s);
		return;
	}
	if (was->rests < REST_TICKS)
		return;
	zl_outbox_hold(s);
	if (s->outbox && atomic_load_explicit(&s->queued, memory_order_relaxed) == 0) {
		s->outbox->room = 0;
		release(s);
	}
	zl_outbox_drop(s);
}

/* watch is the watcher's thread. It sleeps where there is no lease. */
static void *watch(void *unused)
{
	static struct seen seen[LEASES_MAX];
	const struct timespec tick = { .tv_nsec = TICK_NS };

	(void)unused;
	prctl(PR_SET_TIMERSLACK, 1000ul);
	for (;;) {
		if (atomic_load_explicit(&leases.count, memory_order_relaxed) == 0) {
			pthread_mutex_lock(&leases.lock);
			while (atomic_load_explicit(&leases.count, memory_order_relaxed) == 0)
				pthread_cond_wait(&leases.begun, &leases.lock);
			pthread_mutex_unlock(&leases.lock);
		}
		nanosleep(&tick, NULL);
		for (int i = 0; i < LEASES_MAX; i++) {
			struct zl_slot *s = atomic_load_explicit(&leases.at[i], memory_order_acquire);
			if (s)
				look_after(s, &seen[i]);
		}
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
		if (atomic_fetch_add(&leases.count, 1) == 0)
			pthread_cond_signal(&leases.begun);
		done = true;
	}
	pthread_mutex_unlock(&leases.lock);
	if (done)
		atomic_store_explicit(&s->leased, true, memory_order_relaxed);
	return done;
}

/* begin lets messages gather, where the peers have room. */
static void begin(struct zl_slot *s, int64_t now)
{
	zl_outbox_hold(s);
	if (!s->outbox && atomic_load_explicit(&s->kind, memory_order_relaxed) == ZL_SOCKET)
		s->outbox = calloc(1, sizeof *s->outbox);
	if (s->outbox && s->outbox->room == 0 && hand_over(s, 0) == 0) {
		s->outbox->since_ns = now;
		s->outbox->puts = 0;
		if (s->outbox->room < ROOM_MIN || !acquire(s))
			s->outbox->room = 0;
	}
	zl_outbox_drop(s);
}

/* zl_outbox_sent hears of each small message that was sent by itself. */
void zl_outbox_sent(struct zl_slot *s)
{
	if (atomic_fetch_add_explicit(&s->sent, 1, memory_order_relaxed) + 1 < STREAK_MESSAGES)
		return;
	int64_t now = now_ns();
	int64_t since = atomic_exchange_explicit(&s->sent_since_ns, now, memory_order_relaxed);
	atomic_store_explicit(&s->sent, 0, memory_order_relaxed);
	if (now - since <= STREAK_MESSAGES * GAP_MAX_NS)
		begin(s, now);
}
