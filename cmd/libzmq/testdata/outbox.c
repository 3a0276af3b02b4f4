/* SPDX-License-Identifier: MPL-2.0 */

/* Dense streams of small messages, which gather before they are sent: nobody is to notice. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

static void *ctx;

enum { WARM = 200 }; /* messages after which a stream gathers */

static void send_number(void *s, uint32_t n)
{
	MUST(zmq_send(s, &n, sizeof n, 0) == sizeof n);
}

static void expect_number(void *s, uint32_t want, int flags)
{
	uint32_t n = ~want;

	MUST(zmq_recv(s, &n, sizeof n, flags) == sizeof n);
	MUST(n == want);
}

/* warm sends WARM numbers from first on and receives them. */
static void warm(void *out, void *in, uint32_t first)
{
	for (uint32_t i = 0; i < WARM; i++)
		send_number(out, first + i);
	for (uint32_t i = 0; i < WARM; i++)
		expect_number(in, first + i, 0);
}

/* What was sent can be received at once in the same process, at any length of stream. */
static void at_once(int out, int in)
{
	void *a = make(ctx, out), *b = make(ctx, in);
	uint32_t n = 0;

	join(b, a, "inproc://at-once");
	for (int length = 1; length < 60; length++) {
		zmq_pollitem_t item = { b, 0, ZMQ_POLLIN, 0 };
		for (int i = 0; i < length; i++)
			send_number(a, n + (uint32_t)i);
		if (length % 2)
			CHECK(zmq_poll(&item, 1, 0) == 1);
		else
			CHECK(get(b, ZMQ_EVENTS) & ZMQ_POLLIN);
		for (int i = 0; i < length; i++)
			expect_number(b, n++, ZMQ_DONTWAIT);
		FAILS(zmq_recv(b, &item, 1, ZMQ_DONTWAIT), EAGAIN);
	}
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* The marks are where they were: so many messages are taken, then EAGAIN, and all of them come. */
static void marks(const char *endpoint, int at_least, int at_most)
{
	void *a = zmq_socket(ctx, ZMQ_PUSH), *b = zmq_socket(ctx, ZMQ_PULL);
	int sent = 0;

	set(a, ZMQ_LINGER, 0);
	set(a, ZMQ_SNDHWM, 100);
	set(b, ZMQ_RCVHWM, 100);
	set(a, ZMQ_SNDTIMEO, 20);
	join(b, a, endpoint);
	warm(a, b, 0);
	for (uint32_t n = 0; zmq_send(a, &n, sizeof n, ZMQ_DONTWAIT) >= 0; n++)
		sent++;
	int e = zmq_errno();
	CHECK(e == EAGAIN);
	CHECK(sent >= at_least && sent <= at_most);
	if (at_most < 1000) { /* nothing leaves by itself: it stays full */
		CHECK(!(get(a, ZMQ_EVENTS) & ZMQ_POLLOUT));
		FAILS(zmq_send(a, "x", 1, 0), EAGAIN);
	}
	for (int i = 0; i < sent; i++)
		expect_number(b, (uint32_t)i, 0);
	CHECK(zmq_send(a, "x", 1, 0) == 1);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* Small, large and many-part messages keep their order, and a free function is called once. */
static atomic_int freed;

static void count(void *data, void *hint)
{
	(void)data;
	(void)hint;
	freed++;
}

static void mixture(const char *endpoint)
{
	void *a = make(ctx, ZMQ_DEALER), *b = make(ctx, ZMQ_DEALER);
	enum { ALL = 3000 };
	static uint32_t big[5000], small[ALL];
	int given = 0;

	set(a, ZMQ_SNDHWM, 0);
	join(b, a, endpoint);
	freed = 0;
	for (uint32_t n = 0; n < ALL; n++) {
		zmq_msg_t m;
		big[0] = n;
		if (n % 97 == 0)
			MUST(zmq_send(a, big, sizeof big, 0) == sizeof big);
		else if (n % 89 == 0)
			MUST(zmq_send(a, &n, sizeof n, ZMQ_SNDMORE) == sizeof n && zmq_send(a, "more", 4, 0) == 4);
		else if (n % 3 == 0) {
			small[n] = n;
			given++;
			MUST(zmq_msg_init_data(&m, &small[n], sizeof n, count, NULL) == 0);
			MUST(zmq_msg_send(&m, a, 0) == sizeof n);
			MUST(zmq_msg_size(&m) == 0 && zmq_msg_close(&m) == 0);
		} else if (n % 5 == 0)
			MUST(zmq_send(a, big, 300, 0) == 300);
		else
			send_number(a, n);
	}
	for (uint32_t n = 0; n < ALL; n++) {
		int size = n % 97 == 0 ? (int)sizeof big : n % 89 != 0 && n % 3 != 0 && n % 5 == 0 ? 300 : 4;
		static uint32_t got[5000];
		MUST(zmq_recv(b, got, sizeof got, 0) == size);
		MUST(got[0] == n);
		MUST(get(b, ZMQ_RCVMORE) == (n % 97 != 0 && n % 89 == 0));
		if (n % 97 != 0 && n % 89 == 0)
			expect(b, "more", false);
	}
	CHECK(freed == given);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* Sizes at which a message passes in another way, in a dense stream of each and of all in turn. */
static void sizes(const char *endpoint)
{
	static const int size_of[] = { 4, 33, 34, 255, 256, 512, 513, 1024, 2048, 4086, 4095, 4096, 4097, 70000 };
	enum { SIZES = sizeof size_of / sizeof size_of[0], EACH_SIZE = 400, ALL_SIZES = SIZES * EACH_SIZE };
	static unsigned char body[70000], got[70000];
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);

	set(a, ZMQ_SNDHWM, 0);
	join(b, a, endpoint);
	for (int turns = 0; turns < 2; turns++) {
		for (uint32_t n = 0; n < ALL_SIZES; n++) {
			int size = size_of[turns ? n % SIZES : n / EACH_SIZE];
			body[size - 1] = (unsigned char)n;
			memcpy(body, &n, sizeof n);
			if (n % 2) {
				MUST(zmq_send(a, body, (size_t)size, 0) == size);
				continue;
			}
			zmq_msg_t m;
			MUST(zmq_msg_init_size(&m, (size_t)size) == 0);
			memcpy(zmq_msg_data(&m), body, (size_t)size);
			MUST(zmq_msg_send(&m, a, 0) == size);
		}
		for (uint32_t n = 0; n < ALL_SIZES; n++) {
			int size = size_of[turns ? n % SIZES : n / EACH_SIZE];
			uint32_t number;
			MUST(zmq_recv(b, got, sizeof got, 0) == size);
			memcpy(&number, got, sizeof number);
			MUST(number == n && (size == 4 || got[size - 1] == (unsigned char)n));
		}
	}
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* Sharing threads: with a lock of their own the order is theirs, without one nothing is lost or doubled. */
enum { THREADS = 4, EACH = 20000 };

static void *shared;
static bool locked;
static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static uint32_t next;

static void *sharing(void *arg)
{
	uint32_t from = (uint32_t)(intptr_t)arg * EACH;

	for (uint32_t i = 0; i < EACH; i++) {
		if (locked)
			pthread_mutex_lock(&own);
		send_number(shared, locked ? next++ : from + i);
		if (locked)
			pthread_mutex_unlock(&own);
	}
	return NULL;
}

static void threads(const char *endpoint)
{
	void *b = make(ctx, ZMQ_PULL);
	static unsigned char seen[THREADS * EACH];
	pthread_t t[THREADS];

	shared = make(ctx, ZMQ_PUSH);
	join(b, shared, endpoint);
	next = 0;
	memset(seen, 0, sizeof seen);
	for (intptr_t i = 0; i < THREADS; i++)
		MUST(pthread_create(&t[i], NULL, sharing, (void *)i) == 0);
	for (uint32_t i = 0; i < THREADS * EACH; i++) {
		uint32_t n;
		MUST(zmq_recv(b, &n, sizeof n, 0) == sizeof n && n < THREADS * EACH);
		MUST(!locked || n == i);
		MUST(seen[n]++ == 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK(zmq_close(shared) == 0 && zmq_close(b) == 0);
}

/* elsewhere runs a PULL in another process, which reports on fd each time it has received count numbers more. */
static pid_t elsewhere(const char *endpoint, uint32_t count, int times, int *fd)
{
	int p[2];

	MUST(pipe(p) == 0);
	pid_t child = fork();
	MUST(child >= 0);
	*fd = p[0];
	if (child > 0) {
		close(p[1]);
		return child;
	}
	void *c = zmq_ctx_new(), *s = make(c, ZMQ_PULL);
	MUST(zmq_connect(s, endpoint) == 0);
	for (uint32_t n = 0; times-- > 0;) {
		for (uint32_t i = 0; i < count; i++)
			expect_number(s, n++, 0);
		MUST(write(p[1], "!", 1) == 1);
	}
	_exit(failures != 0);
}

/* A stream that stops is received to its end although its program calls nothing any more. */
static void stops(void)
{
	enum { STOPS = 1003 };
	void *a = make(ctx, ZMQ_PUSH);
	char last[256], got;
	size_t size = sizeof last;
	int fd, status;

	set(a, ZMQ_IMMEDIATE, 1);
	MUST(zmq_bind(a, "tcp://127.0.0.1:*") == 0);
	MUST(zmq_getsockopt(a, ZMQ_LAST_ENDPOINT, last, &size) == 0);
	pid_t child = elsewhere(last, STOPS, 1, &fd);
	for (uint32_t i = 0; i < STOPS; i++)
		send_number(a, i);
	MUST(read(fd, &got, 1) == 1 && got == '!');
	MUST(waitpid(child, &status, 0) == child && status == 0);
	close(fd);
	CHECK(zmq_close(a) == 0);
}

/* Short streams and what follows them: all of it is received although the program waits elsewhere. */
static void becomes_thin(uint32_t burst)
{
	enum { TIMES = 40 };
	void *a = make(ctx, ZMQ_PUSH);
	char last[256], got;
	size_t size = sizeof last;
	int fd, status;
	uint32_t n = 0;

	set(a, ZMQ_IMMEDIATE, 1);
	MUST(zmq_bind(a, "tcp://127.0.0.1:*") == 0);
	MUST(zmq_getsockopt(a, ZMQ_LAST_ENDPOINT, last, &size) == 0);
	pid_t child = elsewhere(last, burst, TIMES, &fd);
	for (int i = 0; i < TIMES; i++) {
		for (uint32_t k = 0; k < burst; k++)
			send_number(a, n++);
		MUST(read(fd, &got, 1) == 1 && got == '!');
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
	close(fd);
	CHECK(zmq_close(a) == 0);
}

/* A program that goes round many sockets: each keeps its order, none keeps its last message. */
static void goes_round(void)
{
	enum { MANY = 300, ROUNDS = 50 };
	static void *a[MANY];
	static uint32_t next_of[MANY];
	void *b = make(ctx, ZMQ_PULL);
	char last[256];
	size_t size = sizeof last;

	MUST(zmq_bind(b, "tcp://127.0.0.1:*") == 0);
	MUST(zmq_getsockopt(b, ZMQ_LAST_ENDPOINT, last, &size) == 0);
	for (int i = 0; i < MANY; i++) {
		a[i] = make(ctx, ZMQ_PUSH);
		set(a[i], ZMQ_LINGER, -1);
		MUST(zmq_connect(a[i], last) == 0);
	}
	memset(next_of, 0, sizeof next_of);
	for (uint32_t n = 0; n < ROUNDS; n++)
		for (uint32_t i = 0; i < MANY; i++)
			send_number(a[i], i << 16 | n);
	for (int k = 0; k < MANY * ROUNDS; k++) {
		uint32_t n;
		MUST(zmq_recv(b, &n, sizeof n, 0) == sizeof n);
		MUST((n & 0xffff) == next_of[n >> 16]++);
	}
	/* Some are closed with what they have, the others send on. */
	for (uint32_t n = 0; n < ROUNDS; n++)
		for (uint32_t i = 0; i < MANY; i++)
			if (n <= i)
				send_number(a[i], i << 16 | (ROUNDS + n));
			else if (n == i + 1)
				CHECK(zmq_close(a[i]) == 0);
	for (uint32_t i = 0, all = 0; i < MANY; i++) {
		for (all = next_of[i] - ROUNDS; all < (i < ROUNDS ? i + 1 : ROUNDS);) {
			uint32_t n;
			MUST(zmq_recv(b, &n, sizeof n, 0) == sizeof n);
			MUST((n & 0xffff) == next_of[n >> 16]++);
			all = next_of[i] - ROUNDS;
		}
		if (i + 1 >= ROUNDS)
			CHECK(zmq_close(a[i]) == 0);
	}
	CHECK(zmq_close(b) == 0);
}

/* Closing, and ending the context, waits for all that was sent. */
static void lingers(void)
{
	enum { LINGERS = 777 };
	void *mine = zmq_ctx_new(), *a = zmq_socket(mine, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);

	set(a, ZMQ_SNDHWM, 0);
	join(b, a, "tcp://127.0.0.1:*");
	for (uint32_t i = 0; i < LINGERS; i++)
		send_number(a, i);
	CHECK(zmq_close(a) == 0);
	for (uint32_t i = 0; i < LINGERS; i++)
		expect_number(b, i, 0);
	CHECK(zmq_ctx_term(mine) == 0 && zmq_close(b) == 0);
}

/* What was sent before a connection is taken back goes there. */
static void disconnects(void)
{
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL), *c = make(ctx, ZMQ_PULL);

	set(a, ZMQ_LINGER, -1);
	join(b, a, "inproc://first");
	warm(a, b, 0);
	for (uint32_t i = 0; i < 30; i++)
		send_number(a, i);
	MUST(zmq_disconnect(a, "inproc://first") == 0);
	join(c, a, "inproc://second");
	send_number(a, 99);
	for (uint32_t i = 0; i < 30; i++)
		expect_number(b, i, 0);
	expect_number(c, 99, 0);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0 && zmq_close(c) == 0);
}

/* A subscriber gets what is published after it has come, not what was before. */
static void publishes(void)
{
	void *pub = make(ctx, ZMQ_PUB), *sub;

	MUST(zmq_bind(pub, "inproc://news") == 0);
	for (uint32_t i = 0; i < 1000; i++) {
		send_number(pub, i);
		if (i % 50 != 33)
			continue;
		sub = make(ctx, ZMQ_SUB);
		MUST(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "", 0) == 0 && zmq_connect(sub, "inproc://news") == 0);
		for (uint32_t k = 1; k <= 40; k++)
			send_number(pub, i + k);
		for (uint32_t k = 1; k <= 40; k++)
			expect_number(sub, i + k, 0);
		CHECK(zmq_close(sub) == 0);
	}
	CHECK(zmq_close(pub) == 0);
}

/* What was received ahead is dropped with its subscription, and only that. */
static void unsubscribes(int invert)
{
	enum { EACH = 300, BEFORE = 100 };
	void *pub = make(ctx, ZMQ_PUB), *sub = make(ctx, ZMQ_SUB);
	const char *topics[] = { "apples", "pears", "plums" };
	char got[8];
	int n = 0;

	set(sub, ZMQ_INVERT_MATCHING, invert);
	set(pub, ZMQ_INVERT_MATCHING, invert);
	for (int i = 0; i < 3; i++)
		if (!invert)
			MUST(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, topics[i], 2) == 0);
	join(pub, sub, "inproc://unsubscribes");
	for (int i = 0; i < EACH; i++)
		for (int k = 0; k < 3; k++)
			send_text(pub, topics[k], 0);
	for (; n < BEFORE; n++)
		expect(sub, topics[n % 3], false);
	MUST(zmq_setsockopt(sub, invert ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topics[1], 2) == 0);
	for (; n < EACH * 3; n++)
		if (n % 3 != 1)
			expect(sub, topics[n % 3], false);
	FAILS(zmq_recv(sub, got, sizeof got, ZMQ_DONTWAIT), EAGAIN);
	CHECK(!(get(sub, ZMQ_EVENTS) & ZMQ_POLLIN));
	CHECK(zmq_close(pub) == 0 && zmq_close(sub) == 0);
}

/* A stream ends with its context. */
static void *streams(void *s)
{
	uint32_t n = 0;

	while (zmq_send(s, &n, sizeof n, 0) >= 0)
		n++;
	int e = zmq_errno();
	CHECK(e == ETERM);
	CHECK(zmq_close(s) == 0);
	return NULL;
}

static void ends(void)
{
	void *mine = zmq_ctx_new(), *a = make(mine, ZMQ_PUB), *b = make(mine, ZMQ_SUB);
	pthread_t t;
	uint32_t n;

	MUST(zmq_setsockopt(b, ZMQ_SUBSCRIBE, "", 0) == 0);
	join(a, b, "inproc://ends");
	MUST(pthread_create(&t, NULL, streams, a) == 0);
	for (int i = 0; i < 5000; i++)
		MUST(zmq_recv(b, &n, sizeof n, 0) == sizeof n);
	CHECK(zmq_ctx_shutdown(mine) == 0);
	pthread_join(t, NULL);
	CHECK(zmq_close(b) == 0 && zmq_ctx_term(mine) == 0);
}

/* Where the only peer goes in the middle, what it has not got is for the next one: in order, nothing twice. */
static void peer_goes(void)
{
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);
	char last[256];
	size_t size = sizeof last;
	uint32_t n = 0, sent = 0, before = 0;

	MUST(zmq_bind(a, "tcp://127.0.0.1:*") == 0);
	MUST(zmq_getsockopt(a, ZMQ_LAST_ENDPOINT, last, &size) == 0);
	MUST(zmq_connect(b, last) == 0);
	for (; sent < 500; sent++)
		send_number(a, sent);
	CHECK(zmq_close(b) == 0);
	while (zmq_send(a, &sent, sizeof sent, ZMQ_DONTWAIT) >= 0)
		sent++;
	int e = zmq_errno();
	CHECK(e == EAGAIN);
	b = make(ctx, ZMQ_PULL);
	MUST(zmq_connect(b, last) == 0);
	while (zmq_recv(b, &before, sizeof before, ZMQ_DONTWAIT) < 0) {
		/* until the one that has gone is known to have */
		if (zmq_send(a, &sent, sizeof sent, ZMQ_DONTWAIT) >= 0)
			sent++;
	}
	for (int i = 0; i < 300; i++)
		send_number(a, sent++);
	while (n != sent - 1) {
		MUST(zmq_recv(b, &n, sizeof n, 0) == sizeof n);
		MUST(n < sent && n > before);
		before = n;
	}
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

int main(void)
{
	const char *endpoints[] = { "tcp://127.0.0.1:*", "inproc://outbox", "ipc://*" };

	MUST((ctx = zmq_ctx_new()) != NULL);
	stops();
	becomes_thin(1);
	becomes_thin(30);
	becomes_thin(300);
	goes_round();
	at_once(ZMQ_PUSH, ZMQ_PULL);
	at_once(ZMQ_DEALER, ZMQ_DEALER);
	at_once(ZMQ_PAIR, ZMQ_PAIR);
	marks("inproc://marks", 101, 200);
	marks("tcp://127.0.0.1:*", 20, 1 << 20); /* how much is on its way already is chance */
	for (int i = 0; i < 3; i++) {
		mixture(endpoints[i]);
		sizes(endpoints[i]);
		locked = i % 2;
		threads(endpoints[i]);
		locked = !locked;
		threads(endpoints[i]);
	}
	lingers();
	disconnects();
	publishes();
	unsubscribes(0);
	unsubscribes(1);
	ends();
	peer_goes();
	CHECK(zmq_ctx_term(ctx) == 0);
	return done();
}
