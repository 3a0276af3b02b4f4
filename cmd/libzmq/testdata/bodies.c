/* SPDX-License-Identifier: MPL-2.0 */

/* Dense streams of large bodies: many pass between C and Go at a time, and nobody is to notice. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MANY = 3000 };

static void *ctx;
static atomic_int lent, freed;

static const size_t sizes[] = { 8192, 0, 4095, 4096, 8192, 8192, 100, 65536, 65537, 8192, 200000, 513, 5000 };
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void give_back(void *data, void *hint)
{
	(void)hint;
	atomic_fetch_add(&freed, 1);
	free(data);
}

static unsigned char byte_of(uint32_t n, size_t at)
{
	return (unsigned char)(n * 31 + at * 7);
}

/* body makes a message of size bytes that tell its number; every other one has memory of its own. */
static void body(zmq_msg_t *m, uint32_t n, size_t size)
{
	if (n % 2 == 0) {
		MUST(zmq_msg_init_size(m, size) == 0);
	} else {
		atomic_fetch_add(&lent, 1);
		MUST(zmq_msg_init_data(m, malloc(size + 1), size, give_back, NULL) == 0);
	}
	unsigned char *data = zmq_msg_data(m);
	for (size_t at = 0; at < size; at += size / 16 + 1)
		data[at] = byte_of(n, at);
}

static void send_body(void *s, uint32_t n, size_t size, int flags)
{
	zmq_msg_t m;

	body(&m, n, size);
	MUST(zmq_msg_send(&m, s, flags) == (int)size);
	MUST(zmq_msg_size(&m) == 0);
}

/* right says whether what has come of size bytes, have of them, is that of number n. */
static bool right(const unsigned char *data, uint32_t n, size_t size, size_t have)
{
	for (size_t at = 0; at < size && at < have; at += size / 16 + 1)
		if (data[at] != byte_of(n, at))
			return false;
	return true;
}

/* take receives number n, as a message, or into memory that may be too small. */
static void take(void *s, uint32_t n, size_t size)
{
	static __thread unsigned char got[70000];
	zmq_msg_t m;

	if (n % 3 == 0) {
		MUST(zmq_recv(s, got, sizeof got, 0) == (int)size);
		MUST(right(got, n, size, sizeof got));
		return;
	}
	MUST(zmq_msg_init(&m) == 0);
	MUST(zmq_msg_recv(&m, s, 0) == (int)size);
	MUST(right(zmq_msg_data(&m), n, size, size));
	MUST(!zmq_msg_more(&m) && zmq_msg_close(&m) == 0);
}

static void *sends(void *s)
{
	for (uint32_t n = 0; n < MANY; n++) {
		if (n % 1000 == 999) /* in between, and in its place */
			send_body(s, n, 10, ZMQ_SNDMORE);
		send_body(s, n, sizes[n % SIZES], 0);
	}
	return NULL;
}

/* Whatever their sizes, they come once, whole and in order. */
static void in_order(int out, int in, const char *endpoint)
{
	void *a = make(ctx, out), *b = make(ctx, in);
	pthread_t t;

	join(b, a, endpoint);
	if (in == ZMQ_SUB) {
		set(a, ZMQ_XPUB_NODROP, 1);
		MUST(zmq_setsockopt(b, ZMQ_SUBSCRIBE, "", 0) == 0);
		send_body(a, 1, 1, 0);
		zmq_pollitem_t item = { b, 0, ZMQ_POLLIN, 0 };
		while (zmq_poll(&item, 1, 10) == 0) /* until the subscription has come */
			send_body(a, 1, 1, 0);
		while (zmq_poll(&item, 1, 100) == 1)
			take(b, 1, 1);
	}
	MUST(pthread_create(&t, NULL, sends, a) == 0);
	for (uint32_t n = 0; n < MANY; n++) {
		if (n % 1000 == 999) {
			zmq_msg_t m;
			MUST(zmq_msg_init(&m) == 0 && zmq_msg_recv(&m, b, 0) == 10);
			MUST(zmq_msg_more(&m) && right(zmq_msg_data(&m), n, 10, 10) && zmq_msg_close(&m) == 0);
		}
		take(b, n, sizes[n % SIZES]);
	}
	pthread_join(t, NULL);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* The marks are where they were. */
static void marks(const char *endpoint, int most)
{
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);
	uint32_t sent = 0;

	set(a, ZMQ_SNDHWM, 50);
	set(b, ZMQ_RCVHWM, 50);
	join(b, a, endpoint);
	for (zmq_msg_t m;; sent++) {
		body(&m, sent, 8192);
		if (zmq_msg_send(&m, a, ZMQ_DONTWAIT) < 0) {
			int e = zmq_errno();
			CHECK(e == EAGAIN && zmq_msg_size(&m) == 8192 && zmq_msg_close(&m) == 0);
			break;
		}
	}
	CHECK(sent == (uint32_t)most);
	for (uint32_t n = 0; n < sent; n++)
		take(b, n, 8192);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* What was sent before can be received at once, whatever has gathered. */
static void at_once(void)
{
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);
	uint32_t n = 0, m = 0;

	join(b, a, "inproc://at-once");
	for (int length = 1; length < 80; length++) {
		for (int i = 0; i < length; i++, n++)
			send_body(a, n, 8192, 0);
		zmq_pollitem_t item = { b, 0, ZMQ_POLLIN, 0 };
		CHECK(length % 2 ? zmq_poll(&item, 1, 0) == 1 : get(b, ZMQ_EVENTS) & ZMQ_POLLIN);
		for (int i = 0; i < length; i++, m++)
			take(b, m, 8192);
		FAILS(zmq_recv(b, &item, 1, ZMQ_DONTWAIT), EAGAIN);
	}
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* What was received ahead is dropped with its subscription, and only that. */
static void unsubscribes(void)
{
	enum { EACH = 60 };
	void *pub = make(ctx, ZMQ_PUB), *sub = make(ctx, ZMQ_SUB);
	int n = 0;

	MUST(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "a", 1) == 0 && zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "b", 1) == 0);
	join(pub, sub, "inproc://unsubscribes");
	for (int i = 0; i < EACH; i++) {
		for (const char *topic = "ab"; *topic; topic++) {
			zmq_msg_t m;
			body(&m, (uint32_t)i, 8192);
			memset(zmq_msg_data(&m), *topic, 8192);
			MUST(zmq_msg_send(&m, pub, 0) == 8192);
		}
	}
	for (char got[8192]; n < 2 * EACH; n++) {
		if (n == EACH)
			MUST(zmq_setsockopt(sub, ZMQ_UNSUBSCRIBE, "b", 1) == 0);
		if (n >= EACH && n % 2)
			continue;
		MUST(zmq_recv(sub, got, sizeof got, 0) == sizeof got);
		MUST(got[0] == (n % 2 ? 'b' : 'a') && got[8191] == got[0]);
	}
	FAILS(zmq_recv(sub, &n, 1, ZMQ_DONTWAIT), EAGAIN);
	CHECK(zmq_close(pub) == 0 && zmq_close(sub) == 0);
}

/* What several have is not taken from one for the other. */
static void shared(void)
{
	enum { SUBS = 3, EACH = 200 };
	void *pub = make(ctx, ZMQ_PUB), *subs[SUBS];

	MUST(zmq_bind(pub, "inproc://shared") == 0);
	for (int i = 0; i < SUBS; i++) {
		subs[i] = make(ctx, ZMQ_SUB);
		MUST(zmq_setsockopt(subs[i], ZMQ_SUBSCRIBE, "", 0) == 0 && zmq_connect(subs[i], "inproc://shared") == 0);
	}
	for (uint32_t n = 0; n < EACH; n++)
		send_body(pub, n, 8192, 0);
	for (int i = 0; i < SUBS; i++)
		for (uint32_t n = 0; n < EACH; n++)
			take(subs[i], n, 8192);
	for (int i = 0; i < SUBS; i++)
		CHECK(zmq_close(subs[i]) == 0);
	CHECK(zmq_close(pub) == 0);
}

/* What nobody takes is given back, too. */
static void left_over(bool connected)
{
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);

	if (connected)
		join(b, a, "inproc://left-over");
	else
		MUST(zmq_connect(a, "inproc://nobody") == 0);
	for (uint32_t n = 0; n < 300; n++)
		send_body(a, n, 8192, 0);
	for (uint32_t n = 0; connected && n < 100; n++)
		take(b, n, 8192);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* What has gathered for a peer that has gone is given back. */
static void peer_goes(void)
{
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);
	uint32_t n = 0;
	zmq_msg_t m;

	join(a, b, "tcp://127.0.0.1:*");
	for (; n < 200; n++)
		send_body(a, n, 8192, 0);
	for (uint32_t i = 0; i < n; i++)
		take(b, i, 8192);
	for (int i = 0; i < 10; i++)
		send_body(a, n++, 8192, 0);
	CHECK(zmq_close(b) == 0);
	for (int e = 0; !e && n < 5000; n++) {
		body(&m, n, 8192);
		if ((e = zmq_msg_send(&m, a, ZMQ_DONTWAIT) < 0))
			CHECK(zmq_msg_close(&m) == 0);
	}
	CHECK(n < 5000 && zmq_close(a) == 0);
}

int main(void)
{
	MUST((ctx = zmq_ctx_new()) != NULL);
	in_order(ZMQ_PUSH, ZMQ_PULL, "inproc://order");
	in_order(ZMQ_PUSH, ZMQ_PULL, "tcp://127.0.0.1:*");
	in_order(ZMQ_DEALER, ZMQ_DEALER, "ipc://*");
	in_order(ZMQ_PUB, ZMQ_SUB, "inproc://order");
	in_order(ZMQ_PAIR, ZMQ_PAIR, "inproc://order");
	marks("inproc://marks", 100);
	at_once();
	unsubscribes();
	shared();
	peer_goes();
	left_over(true);
	left_over(false);
	CHECK(zmq_ctx_term(ctx) == 0);
	CHECK(atomic_load(&freed) == atomic_load(&lent));
	return done();
}
