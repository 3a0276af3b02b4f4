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
	POOL_BYTES_MAX = 32 << 20, /* kept in all classes together */
};

/* lock guards what is free, a list by class linked through hint, and its size. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zl_content *free_of[CLASSES];
static size_t free_bytes;

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

/* zl_pool_get returns memory for a body; NULL without any. */
struct zl_content *zl_pool_get(size_t size)
{
	int class = class_of(size);
	struct zl_content *c = NULL;

	if (class >= 0) {
		pthread_mutex_lock(&lock);
		if ((c = free_of[class])) {
			free_of[class] = c->hint;
			free_bytes -= bytes_of(class);
		}
		pthread_mutex_unlock(&lock);
		size = bytes_of(class);
	}
	if (!c && size <= SIZE_MAX - sizeof *c)
		c = malloc(sizeof *c + size);
	if (c)
		c->class = class;
	return c;
}

/* zl_pool_put keeps the memory of a body that is over; false where it is not kept. */
bool zl_pool_put(struct zl_content *c)
{
	bool kept = false;

	if (c->class < 0)
		return false;
	pthread_mutex_lock(&lock);
	if (free_bytes + bytes_of(c->class) <= POOL_BYTES_MAX) {
		c->hint = free_of[c->class];
		free_of[c->class] = c;
		free_bytes += bytes_of(c->class);
		kept = true;
	}
	pthread_mutex_unlock(&lock);
	return kept;
}

/* zl_pool_hold takes the lock for the time of a fork, or gives it back. */
void zl_pool_hold(bool hold)
{
	if (hold)
		pthread_mutex_lock(&lock);
	else
		pthread_mutex_unlock(&lock);
}
