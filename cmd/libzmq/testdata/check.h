/* SPDX-License-Identifier: MPL-2.0 */

/* For the C test programs: a program ends with 0 if all of its checks held. */

#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define ZMQ_BUILD_DRAFT_API

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

static int failures;

#define CHECK(what)                                                                                             \
	do {                                                                                                    \
		errno = 0;                                                                                      \
		if (!(what)) {                                                                                  \
			int e_ = errno;                                                                         \
			fprintf(stderr, "%s:%d: %s: errno %d (%s)\n", __FILE__, __LINE__, #what, e_, zmq_strerror(e_)); \
			failures++;                                                                             \
		}                                                                                               \
	} while (0)

/* CHECK, and give up where it does not hold. */
#define MUST(what)                       \
	do {                             \
		int f_ = failures;       \
		CHECK(what);             \
		if (failures != f_)      \
			exit(1);         \
	} while (0)

/* The call gives -1 and an errno. */
#define FAILS(call, number) CHECK((call) == -1 && errno == (number))

/* The call gives NULL and an errno. */
#define NULLS(call, number) CHECK((call) == NULL && errno == (number))

static inline void *make(void *ctx, int type)
{
	void *s = zmq_socket(ctx, type);
	int linger = 0, timeout = 10000;

	MUST(s != NULL);
	MUST(zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger) == 0);
	MUST(zmq_setsockopt(s, ZMQ_SNDTIMEO, &timeout, sizeof timeout) == 0);
	MUST(zmq_setsockopt(s, ZMQ_RCVTIMEO, &timeout, sizeof timeout) == 0);
	return s;
}

/* A pair of sockets that are connected; an endpoint may end with a wildcard. */
static inline void join(void *bound, void *connected, const char *endpoint)
{
	char last[256];
	size_t size = sizeof last;

	MUST(zmq_bind(bound, endpoint) == 0);
	MUST(zmq_getsockopt(bound, ZMQ_LAST_ENDPOINT, last, &size) == 0);
	MUST(zmq_connect(connected, last) == 0);
}

static inline void set(void *s, int option, int value)
{
	MUST(zmq_setsockopt(s, option, &value, sizeof value) == 0);
}

static inline int get(void *s, int option)
{
	int value = -1;
	size_t size = sizeof value;

	MUST(zmq_getsockopt(s, option, &value, &size) == 0);
	return value;
}

static inline void send_text(void *s, const char *text, int flags)
{
	MUST(zmq_send(s, text, strlen(text), flags) == (int)strlen(text));
}

static inline void expect(void *s, const char *text, bool more)
{
	char got[256] = { 0 };

	MUST(zmq_recv(s, got, sizeof got, 0) == (int)strlen(text));
	CHECK(strcmp(got, text) == 0);
	CHECK(get(s, ZMQ_RCVMORE) == (more ? 1 : 0));
}

static inline int done(void)
{
	if (failures == 0)
		puts("ok");
	return failures != 0;
}

#endif
