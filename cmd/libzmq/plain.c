/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/* What needs neither sockets nor Go: errors, version, Z85, counters, clocks, threads. */

#include "abi.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int zmq_errno(void)
{
	return errno;
}

const char *zmq_strerror(int number)
{
	switch (number) {
	case EFSM:
		return "operation not possible in the socket's current state";
	case ENOCOMPATPROTO:
		return "transport not usable with this socket type";
	case ETERM:
		return "the context is terminated";
	case EMTHREAD:
		return "no I/O thread available";
	case EHOSTUNREACH:
		return "no route to this peer";
	}
	return strerror(number);
}

void zmq_version(int *major, int *minor, int *patch)
{
	if (major)
		*major = ZMQ_VERSION_MAJOR;
	if (minor)
		*minor = ZMQ_VERSION_MINOR;
	if (patch)
		*patch = ZMQ_VERSION_PATCH;
}

/* RFC 32: five of these for four bytes. */
static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

char *zmq_z85_encode(char *dest, const uint8_t *data, size_t size)
{
	char *at = dest;

	if (!dest || (!data && size > 0) || size % 4 != 0) {
		errno = EINVAL;
		return NULL;
	}
	for (size_t i = 0; i < size; i += 4, at += 5) {
		uint32_t n = (uint32_t)data[i] << 24 | (uint32_t)data[i + 1] << 16 | (uint32_t)data[i + 2] << 8 | data[i + 3];
		for (int k = 4; k >= 0; k--, n /= 85)
			at[k] = digits[n % 85];
	}
	*at = 0;
	return dest;
}

/* group decodes five digits; false where they are none or too large. */
static bool group(const char *text, uint32_t *out)
{
	uint64_t n = 0;

	for (int k = 0; k < 5; k++) {
		const char *d = text[k] ? strchr(digits, text[k]) : NULL;
		if (!d)
			return false;
		n = n * 85 + (uint64_t)(d - digits);
	}
	*out = (uint32_t)n;
	return n <= UINT32_MAX;
}

uint8_t *zmq_z85_decode(uint8_t *dest, const char *text)
{
	size_t size = text ? strlen(text) : 0;
	uint8_t *at = dest;

	if (!dest || size < 5 || size % 5 != 0)
		goto bad;
	for (size_t i = 0; i < size; i += 5) {
		uint32_t n;
		if (!group(text + i, &n))
			goto bad;
		*at++ = (uint8_t)(n >> 24);
		*at++ = (uint8_t)(n >> 16);
		*at++ = (uint8_t)(n >> 8);
		*at++ = (uint8_t)n;
	}
	return dest;
bad:
	errno = EINVAL;
	return NULL;
}

void *zmq_atomic_counter_new(void)
{
	_Atomic int *c = malloc(sizeof *c);

	if (c)
		atomic_init(c, 0);
	else
		errno = ENOMEM;
	return c;
}

/* counter_of returns a counter; for NULL, which is an error, one that stands in. */
static _Atomic int *counter_of(void *counter, _Atomic int *none)
{
	if (counter)
		return counter;
	errno = EFAULT;
	return none;
}

void zmq_atomic_counter_set(void *counter, int value)
{
	_Atomic int none = 0;

	atomic_store(counter_of(counter, &none), value);
}

int zmq_atomic_counter_inc(void *counter)
{
	_Atomic int none = 0;

	return atomic_fetch_add(counter_of(counter, &none), 1);
}

int zmq_atomic_counter_dec(void *counter)
{
	_Atomic int none = 1;

	return atomic_fetch_sub(counter_of(counter, &none), 1) != 1;
}

int zmq_atomic_counter_value(void *counter)
{
	_Atomic int none = 0;

	return atomic_load(counter_of(counter, &none));
}

void zmq_atomic_counter_destroy(void **counter)
{
	if (counter) {
		free(*counter);
		*counter = NULL;
	}
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void *zmq_stopwatch_start(void)
{
	uint64_t *w = malloc(sizeof *w);

	if (w)
		*w = now_us();
	else
		errno = ENOMEM;
	return w;
}

unsigned long zmq_stopwatch_intermediate(void *watch)
{
	return watch ? (unsigned long)(now_us() - *(uint64_t *)watch) : 0;
}

unsigned long zmq_stopwatch_stop(void *watch)
{
	unsigned long us = zmq_stopwatch_intermediate(watch);

	free(watch);
	return us;
}

void zmq_sleep(int seconds)
{
	if (seconds > 0)
		sleep((unsigned)seconds);
}

struct thread {
	pthread_t id;
	zmq_thread_fn *func;
	void *arg;
};

static void *run(void *arg)
{
	struct thread *t = arg;

	pthread_setname_np(pthread_self(), "ZMQapp");
	t->func(t->arg);
	return NULL;
}

/* A thread of the program, which gets no signals. */
void *zmq_threadstart(zmq_thread_fn *func, void *arg)
{
	struct thread *t;
	sigset_t all, old;
	int e;

	if (!func) {
		errno = EFAULT;
		return NULL;
	}
	if (!(t = malloc(sizeof *t))) {
		errno = ENOMEM;
		return NULL;
	}
	t->func = func;
	t->arg = arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&t->id, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (e != 0) {
		free(t);
		errno = e;
		return NULL;
	}
	return t;
}

void zmq_threadclose(void *thread)
{
	struct thread *t = thread;

	if (!t)
		return;
	pthread_join(t->id, NULL);
	free(t);
}
