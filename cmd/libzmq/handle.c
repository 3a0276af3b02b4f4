/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

#include "abi.h"

#include <pthread.h>
#include <sys/mman.h>

/* The reserved memory; pages that no handle has touched cost nothing. */
static struct zl_slot *slots;
static pthread_once_t reserved = PTHREAD_ONCE_INIT;

/* lock guards used, the list of free slots and its length. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t used; /* slots [0, used) have been handed out before */
static uint32_t first_free, last_free, free_count;

static void reserve(void)
{
	void *p = mmap(NULL, sizeof(struct zl_slot) * ZL_SLOTS_MAX, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p != MAP_FAILED)
		slots = p;
}

/*
 * zl_slot_new makes a handle, or returns NULL where there are too many. A slot is
 * used again only after many others, so that a handle that was kept after its end
 * is known as such for a long time.
 */
struct zl_slot *zl_slot_new(enum zl_kind kind)
{
	struct zl_slot *s = NULL;

	pthread_once(&reserved, reserve);
	if (!slots)
		return NULL;
	pthread_mutex_lock(&lock);
	if (free_count > ZL_REUSE_MIN || (used == ZL_SLOTS_MAX && free_count > 0)) {
		s = &slots[first_free];
		first_free = s->next_free;
		free_count--;
	} else if (used < ZL_SLOTS_MAX) {
		s = &slots[used];
		s->index = used++;
	}
	pthread_mutex_unlock(&lock);
	if (!s)
		return NULL;
	s->send_timeout_ms = s->recv_timeout_ms = -1;
	s->ended_fd = -1;
	s->more = s->single = false;
	s->object = NULL;
	s->batch = NULL;
	s->batch_max = 0;
	atomic_store(&s->batch_held, false);
	s->gathers = s->midway = s->asked = s->asked_large = s->stays = false;
	s->answer_misses = s->answer_skips = 0;
	atomic_store(&s->fd, -1);
	atomic_store(&s->waiting_since, 0);
	atomic_store_explicit(&s->kind, kind, memory_order_release);
	return s;
}

/* zl_slot_free ends a handle. */
void zl_slot_free(struct zl_slot *s)
{
	atomic_store_explicit(&s->kind, ZL_FREE, memory_order_release);
	pthread_mutex_lock(&lock);
	if (free_count++ == 0)
		first_free = s->index;
	else
		slots[last_free].next_free = s->index;
	last_free = s->index;
	pthread_mutex_unlock(&lock);
}

/* zl_is_slot reports whether a pointer points to a slot, in use or not. */
bool zl_is_slot(const void *handle)
{
	uintptr_t off = (uintptr_t)handle - (uintptr_t)slots;

	return slots && off < sizeof(struct zl_slot) * ZL_SLOTS_MAX && off % sizeof(struct zl_slot) == 0;
}

/* zl_slot_of returns the slot of a handle of a kind; NULL for any other pointer. */
struct zl_slot *zl_slot_of(const void *handle, enum zl_kind kind)
{
	struct zl_slot *s = (struct zl_slot *)handle;

	if (!zl_is_slot(handle) || atomic_load_explicit(&s->kind, memory_order_acquire) != (uint32_t)kind)
		return NULL;
	return s;
}

/* zl_waiting_since tells of a slot since when somebody waits; false past the last. */
bool zl_waiting_since(uint32_t index, int64_t *since_ms)
{
	uint32_t end;

	pthread_mutex_lock(&lock);
	end = used;
	pthread_mutex_unlock(&lock);
	if (index >= end)
		return false;
	*since_ms = atomic_load(&slots[index].waiting_since);
	return true;
}

/* zl_slots_hold takes the lock for the time of a fork, or gives it back. */
void zl_slots_hold(bool hold)
{
	if (hold)
		pthread_mutex_lock(&lock);
	else
		pthread_mutex_unlock(&lock);
}
