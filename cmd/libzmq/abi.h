/* SPDX-License-Identifier: MPL-2.0 */

/*
 * What the C files of the library share with each other and with the Go files.
 * Functions that end with a number of their own return an errno, 0 for success;
 * only the zmq_ functions store it in errno, last thing, since every call into Go
 * may change errno.
 */

#ifndef ZEROLOOP_ABI_H
#define ZEROLOOP_ABI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define ZMQ_BUILD_DRAFT_API

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "zmq.h"

/* --- handles (handle.c) --- */

enum zl_kind { ZL_FREE, ZL_CONTEXT, ZL_SOCKET, ZL_POLLER, ZL_TIMERS };

enum {
	ZL_SLOTS_MAX = 1 << 18, /* handles alive at a time */
	ZL_REUSE_MIN = 1 << 10, /* handles given back before one is used again */
};

enum zl_way { ZL_SENDS, ZL_RECEIVES };

/*
 * zl_slot is what a handle points to. Slots lie in one reserved stretch of memory
 * and are never unmapped, so that any pointer can be judged by its value alone.
 */
struct zl_slot {
	_Atomic uint32_t kind; /* enum zl_kind */
	uint32_t index;        /* its number, by which Go knows the object */

	/* sockets; written by setsockopt, and by the one thread that receives */
	uint32_t context;
	int type;
	int send_timeout_ms, recv_timeout_ms;
	_Atomic int fd;      /* its descriptor of ZMQ_FD, -1 until somebody waits */
	_Atomic int waiters[2]; /* threads that wait for each enum zl_way */
	bool more;           /* the last part received was not the last of its message */
	bool single;         /* thread-safe type: messages of one part, no ZMQ_FD */
	struct zl_batch *batch; /* messages received ahead, NULL before the first */
	int batch_max;          /* messages that may be; 0 for socket types that have none */
	int streak;             /* messages received without waiting */
	_Atomic bool batch_held; /* a thread uses the batch */
	bool asked;             /* something was sent since a message was received */
	bool asked_large;       /* and that was large */
	bool stays;             /* of a type whose receiver may wait at its peer's descriptor */
	int answer_misses;      /* times in a row that an answer was not there in time, see part.c */
	int answer_skips;       /* waits yet without a look for one */

	/* sockets whose messages may gather before they pass to Go; see outbox.c */
	bool gathers;               /* of such a type */
	bool midway;                /* the last part sent was not the last of its message */
	_Atomic bool outbox_held;   /* a thread uses the outbox */
	struct zl_outbox *outbox;   /* NULL before the first */
	_Atomic bool leased;        /* among those that the watcher looks after */
	_Atomic uint32_t queued;    /* bytes in the outbox */
	_Atomic uint32_t puts;      /* messages that were ever put in */
	_Atomic uint32_t passes;    /* times that they were handed over */

	/* contexts: becomes readable when the context has ended; -1 before zmq_ctx_term */
	int ended_fd;

	/* pollers and timers */
	void *object;

	/* since when somebody waits here, in ms of the monotonic clock; 0 is nobody */
	_Atomic int64_t waiting_since;

	uint32_t next_free;
};

struct zl_slot *zl_slot_new(enum zl_kind kind);
void zl_slot_free(struct zl_slot *s);
struct zl_slot *zl_slot_of(const void *handle, enum zl_kind kind);
bool zl_waiting_since(uint32_t index, int64_t *since_ms);
bool zl_is_slot(const void *handle);
void zl_slots_hold(bool hold);

/* --- messages (message.c) --- */

enum { ZL_INLINE_MAX = 33, ZL_GROUP_MAX = 255, ZL_LINE_BYTES = 64 /* of the cache */ };

enum zl_msg_type {
	ZL_INLINE = 101,   /* bytes in the message */
	ZL_COUNTED = 102,  /* bytes in a zl_content */
	ZL_CONSTANT = 103, /* bytes that nobody frees */
};

/* A body that messages share. It is freed with the last of them. */
struct zl_content {
	void *data;
	size_t size;
	zmq_free_fn *ffn; /* NULL: data lies behind this struct */
	void *hint;
	_Atomic uint32_t refs;
	int class; /* of the pool that it goes back to, -1 is none */
	char pad[24]; /* up to a line of the cache, where a body behind this begins */
};

/* What is known of the peer that messages came from; shared, counted. */
struct zl_props {
	_Atomic uint32_t refs;
	uint32_t count;
	size_t size;
	char text[]; /* count times name NUL value NUL */
};

/* zmq_msg_t, seen from inside. */
struct zl_msg {
	struct zl_props *props;
	union {
		struct {
			unsigned char bytes[ZL_INLINE_MAX];
			unsigned char size;
		} in;
		struct zl_content *content;
		struct {
			void *data;
			size_t size;
		} constant;
	};
	unsigned char type; /* enum zl_msg_type; anything else is no message */
	unsigned char flags;
	uint16_t mark; /* ZL_MARK while the message is one */
	uint32_t routing_id;
	char *group; /* malloc'ed, or NULL */
};

enum { ZL_MARK = 0xb10c, ZL_MORE = 1, ZL_SHARED = 2 };

_Static_assert(sizeof(struct zl_msg) == sizeof(zmq_msg_t), "zmq_msg_t has 64 bytes");

bool zl_msg_valid(const struct zl_msg *m);
void zl_msg_clear(struct zl_msg *m);
void zl_msg_release(struct zl_msg *m);
struct zl_content *zl_pool_get(size_t size);
bool zl_pool_put(struct zl_content *c);
void zl_pool_hold(bool hold);
struct zl_content *zl_content_new(size_t size);
void zl_content_release(struct zl_content *c);
void zl_contents_release(struct zl_content **all, size_t count);
struct zl_props *zl_props_new(size_t size, uint32_t count);
void zl_props_release(struct zl_props *p);
char *zl_props_text(struct zl_props *p);

/* --- what passes between C and Go for each part (part.c, part.go) --- */

enum { ZL_STAGE_BYTES = 4096, ZL_LARGE_BYTES = 128 << 10, ZL_RETRY = 0x100, ZL_PRESS = 0x200, ZL_QUIET = 0x400, ZL_OTHERS = 0x800, ZL_STAYS = 0x1000, ZL_WOKEN = 0x2000 };

/* zl_in says where a received part goes, and is filled with it. */
struct zl_in {
	unsigned char *stage; /* where parts of up to stage_size bytes are copied to */
	size_t stage_size;
	bool addressed;             /* in: of a type whose messages have an address */
	struct zl_batch *batch;     /* in: where further messages may go, or NULL */
	bool cut;                   /* in: a larger part is cut to stage_size, and nothing else is wanted */
	bool more;                  /* out */
	uint32_t routing_id;        /* out */
	size_t size;                /* out: of the part */
	struct zl_content *content; /* out: the part where it is not in stage */
	struct zl_props *props;     /* out, with a reference, or NULL */
	char *group;                /* out, malloc'ed, or NULL */
	int fd;                     /* out: where to wait as well, or -1 */
};

int zl_recv_part(struct zl_slot *s, struct zl_in *in, int flags);

/* --- messages received ahead (batch.c) --- */

enum { ZL_BATCH_BYTES = 32 << 10, ZL_BATCH_MESSAGES_MAX = 256, ZL_STREAK_MIN = 16, ZL_BATCH_SHARE = 8 };

/* A message in a batch; its bytes follow, or it is a body that others do not hold. */
struct zl_ahead {
	struct zl_props *props;
	struct zl_content *content; /* or NULL */
	size_t size;                /* of what follows */
	size_t pad;                 /* so that it begins where any type may */
};

struct zl_batch {
	_Atomic int count; /* messages that have not been taken */
	int max;           /* of count */
	size_t read, end;  /* of bytes: [read, end) is what has not been taken */
	unsigned char bytes[ZL_BATCH_BYTES] __attribute__((aligned(16)));
};

void zl_batch_setup(struct zl_slot *s);
void zl_batch_set(struct zl_slot *s, int option, int value);
void zl_batch_sift(struct zl_slot *s);
void zl_batch_free(struct zl_slot *s);
bool zl_batch_hold(struct zl_slot *s);
void zl_batch_drop(struct zl_slot *s);
bool zl_batch_take(struct zl_slot *s, struct zl_in *in);
struct zl_batch *zl_batch_wanted(struct zl_slot *s);
int zl_batch_ready(const struct zl_slot *s);

/* --- messages that gather before they are sent (outbox.c) --- */

enum {
	ZL_OUTBOX_BYTES = 32 << 10,
	ZL_OUTBOX_MESSAGES_MAX = 256,
	ZL_GATHER_BYTES_MAX = ZL_STAGE_BYTES - 1, /* of a message that gathers as bytes; larger ones do by reference */
	ZL_FRAME_HEADER_MAX = 9,
	ZL_HELD = 0x80,                 /* in place of a frame's flags: the address of a zl_content follows */
	ZL_HELD_FRAME = 1 + sizeof(void *),
	ZL_HELD_BYTES_MAX = 64 << 10,     /* of a body that may gather */
	ZL_HELD_SUM_BYTES_MAX = 128 << 10, /* of all that have gathered, when they go */
};
_Static_assert((int)ZL_HELD_FRAME <= (int)ZL_FRAME_HEADER_MAX, "a body takes no more than a header");

struct zl_outbox {
	uint32_t begin, end; /* of bytes: [begin, end) is what Go has not got */
	uint32_t room;       /* messages that may be put in before Go is asked again */
	uint32_t held;       /* bodies among what Go has not got, with a reference each */
	uint32_t held_bytes; /* of bodies that were put in since the outbox was empty */
	bool look;           /* the next one's thread looks whether its stream is dense */
	unsigned char bytes[ZL_OUTBOX_BYTES];
};

void zl_outbox_wait(struct zl_slot *s);
void zl_outbox_put(struct zl_slot *s);
int zl_outbox_flush(struct zl_slot *s, int flags);
void zl_outbox_settle(struct zl_slot *s);
bool zl_outbox_flush_all(void);
void zl_outbox_settle_context(uint32_t context);
void zl_outbox_free(struct zl_slot *s);
void zl_outbox_by_itself(struct zl_slot *s, bool went);

/* zl_outbox_hold gives the outbox to the calling thread, which waits for it. */
static inline void zl_outbox_hold(struct zl_slot *s)
{
	if (__builtin_expect(atomic_exchange_explicit(&s->outbox_held, true, memory_order_acquire), 0))
		zl_outbox_wait(s);
}

static inline void zl_outbox_drop(struct zl_slot *s)
{
	atomic_store_explicit(&s->outbox_held, false, memory_order_release);
}

/* --- waiting (wait.c) --- */

int64_t zl_now_ns(void);
int64_t zl_now_ms(void);
int64_t zl_deadline(long timeout_ms);
int zl_fd(struct zl_slot *s, int *fd);
void zl_wait_begin(struct zl_slot *s, enum zl_way way);
void zl_wait_end(struct zl_slot *s, enum zl_way way);
int zl_wait_others(struct zl_slot *s, enum zl_way way);
void zl_pass_on(struct zl_slot *s, int events);
int zl_wait(struct zl_slot *s, int fd, int64_t deadline);
bool zl_ready(struct zl_slot *s, int fd);
int zl_ppoll(struct pollfd *fds, nfds_t count, int64_t deadline, const sigset_t *mask);

struct zl_item {
	struct zl_slot *socket; /* NULL: fd */
	int fd;
	short events, revents;
};
int zl_poll_items(struct zl_item *items, int count, int64_t deadline, const sigset_t *mask);
void *zl_scratch(void *fixed, size_t fixed_size, size_t size);

/* --- signals (start.c) --- */

void zl_handlers(void);
void zl_handlers_again(int64_t now_ms);

/* --- fork (fork.c) --- */

extern bool zl_forked;
void *zl_twin(const char *name);

/*
 * ZL_FORKED passes a call on to the copy of the library that belongs to this
 * process, where it is the child of the one that loaded the library.
 */
#define ZL_FORKED(name, failed, ...)                                                 \
	do {                                                                         \
		if (__builtin_expect(zl_forked, 0)) {                                \
			__typeof__(&name) twin_ = (__typeof__(&name))zl_twin(#name); \
			return twin_ ? twin_(__VA_ARGS__) : (failed);                \
		}                                                                    \
	} while (0)

/* A moment in which the other thread of a core goes on. */
static inline void zl_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Stores an errno and returns what a zmq_ function returns. */
static inline int zl_result(int e)
{
	if (e == 0)
		return 0;
	errno = e;
	return -1;
}

#endif
