/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Memory of large bodies, kept for the next ones. Bodies are made by one thread and
 * freed by another, which malloc answers by giving pages back to the system and
 * faulting them in again for each message.
 */

#include "abi.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	CLASS_BITS_MIN = 12,
	CLASS_BITS_MAX = 22,
	CLASSES = CLASS_BITS_MAX - CLASS_BITS_MIN + 1,
	KEPT_BYTES_MIN = 32 << 20, /* may be free in all classes together, more only while more is in use */
};

/*
 * lock guards what is free, a list by class linked through hint, its size, and that of
 * what is in use. A sender at its high-water mark goes on when half of what it has sent
 * is through, and wants all of that back at once.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zl_content *free_of[CLASSES];
static size_t free_bytes, used_bytes;

static size_t bytes_of(int class)
{
	return (size_t)1 << (class + CLASS_BITS_MIN);
}

/* class_of returns the smallest class that holds size bytes; -1 for small and huge ones. */
static int class_of(size_t size)
{
	int class = 0;

	if (size < bytes_of(0) || size > bytes_of(CLASSES - 1))
		return -1;
	while (bytes_of(class) < size)
		class++;
	return class;
}

/* take takes the memory of a body off a list. Runs under lock. */
static struct zl_content *take(int class)
{
	struct zl_content *c = free_of[class];

	if (c) {
		free_of[class] = c->hint;
		free_bytes -= bytes_of(class);
	}
	return c;
}

/* zl_pool_get returns memory for a body, with a line more where it is of a class; NULL without any. */
struct zl_content *zl_pool_get(size_t size)
{
	int class = class_of(size);
	struct zl_content *c = NULL;

	if (class >= 0) {
		size = bytes_of(class);
		pthread_mutex_lock(&lock);
		c = take(class);
		used_bytes += size;
		pthread_mutex_unlock(&lock);
	}
	if (!c && size <= SIZE_MAX - sizeof *c)
		c = class < 0 ? malloc(sizeof *c + size) : aligned_alloc(ZL_LINE_BYTES, sizeof *c + size + ZL_LINE_BYTES);
	if (c) {
		c->class = class;
	} else if (class >= 0) {
		pthread_mutex_lock(&lock);
		used_bytes -= size;
		pthread_mutex_unlock(&lock);
	}
	return c;
}

/* surplus takes one off the lists where they hold more than they may. Runs under lock. */
static struct zl_content *surplus(void)
{
	struct zl_content *c = NULL;

	if (free_bytes > KEPT_BYTES_MIN && free_bytes > used_bytes)
		for (int class = CLASSES - 1; class >= 0 && !c; class--)
			c = take(class);
	return c;
}

/* zl_pool_put keeps the memory of a body that is over; false where it is none of the pool's. */
bool zl_pool_put(struct zl_content *c)
{
	struct zl_content *over[2];

	if (c->class < 0)
		return false;
	pthread_mutex_lock(&lock);
	c->hint = free_of[c->class];
	free_of[c->class] = c;
	free_bytes += bytes_of(c->class);
	used_bytes -= bytes_of(c->class);
	over[0] = surplus();
	over[1] = surplus(); /* what may be kept has become less as well */
	pthread_mutex_unlock(&lock);
	free(over[0]);
	free(over[1]);
	return true;
}

/* zl_pool_hold takes the lock for the time of a fork, or gives it back. */
void zl_pool_hold(bool hold)
{
	if (hold)
		pthread_mutex_lock(&lock);
	else
		pthread_mutex_unlock(&lock);
}
