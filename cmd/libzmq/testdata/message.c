/* SPDX-License-Identifier: MPL-2.0 */

/* Messages by themselves: made, shared, moved, freed once. Runs under valgrind too. */

#include "check.h"

static int freed;

static void count(void *data, void *hint)
{
	freed++;
	CHECK(hint == &freed);
	free(data);
}

static void sizes(void)
{
	static const size_t all[] = { 0, 1, 32, 33, 34, 255, 256, 4095, 4096, 65536, 1 << 20 };
	zmq_msg_t a, b;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		size_t n = all[i];
		MUST(zmq_msg_init_size(&a, n) == 0);
		CHECK(zmq_msg_size(&a) == n);
		memset(zmq_msg_data(&a), 'x', n);
		CHECK(zmq_msg_init(&b) == 0 && zmq_msg_size(&b) == 0);
		CHECK(zmq_msg_copy(&b, &a) == 0 && zmq_msg_size(&b) == n);
		CHECK(memcmp(zmq_msg_data(&a), zmq_msg_data(&b), n) == 0);
		CHECK(zmq_msg_get(&b, ZMQ_SHARED) == (n > 33));
		CHECK(zmq_msg_close(&a) == 0);
		for (size_t k = 0; k < n; k++)
			if (((char *)zmq_msg_data(&b))[k] != 'x')
				exit(2);
		CHECK(zmq_msg_close(&b) == 0);
	}
}

static void moved(void)
{
	zmq_msg_t a, b;

	MUST(zmq_msg_init_buffer(&a, "hello", 5) == 0 && zmq_msg_init_size(&b, 100) == 0);
	CHECK(zmq_msg_move(&b, &a) == 0 && zmq_msg_size(&a) == 0 && zmq_msg_size(&b) == 5);
	CHECK(memcmp(zmq_msg_data(&b), "hello", 5) == 0);
	CHECK(zmq_msg_close(&a) == 0 && zmq_msg_close(&b) == 0);
}

static void owned(void)
{
	zmq_msg_t a, b, c;
	char *body = strdup("a body of the program's own, longer than any inline message");

	MUST(zmq_msg_init_data(&a, body, strlen(body), count, &freed) == 0);
	MUST(zmq_msg_init(&b) == 0 && zmq_msg_init(&c) == 0);
	CHECK(zmq_msg_data(&a) == body && zmq_msg_get(&a, ZMQ_SHARED) == 0);
	CHECK(zmq_msg_copy(&b, &a) == 0 && zmq_msg_copy(&c, &b) == 0 && zmq_msg_move(&a, &c) == 0);
	CHECK(zmq_msg_close(&a) == 0 && freed == 0);
	CHECK(zmq_msg_data(&b) == body && zmq_msg_close(&b) == 0 && freed == 1);
	CHECK(zmq_msg_close(&c) == 0 && freed == 1);

	MUST(zmq_msg_init_data(&a, strdup(""), 0, count, &freed) == 0 && zmq_msg_close(&a) == 0);
	CHECK(freed == 2);
	MUST(zmq_msg_init_data(&a, (void *)"constant", 8, NULL, NULL) == 0);
	CHECK(zmq_msg_get(&a, ZMQ_SHARED) == 1 && zmq_msg_size(&a) == 8 && zmq_msg_close(&a) == 0);
}

static void properties(void)
{
	zmq_msg_t m;

	MUST(zmq_msg_init(&m) == 0);
	CHECK(zmq_msg_more(&m) == 0 && zmq_msg_get(&m, ZMQ_MORE) == 0);
	CHECK(zmq_msg_get(&m, ZMQ_SRCFD) == -1);
	FAILS(zmq_msg_get(&m, 12345), EINVAL);
	FAILS(zmq_msg_set(&m, ZMQ_MORE, 1), EINVAL);
	NULLS(zmq_msg_gets(&m, "User-Id"), EINVAL);
	CHECK(zmq_msg_routing_id(&m) == 0);
	FAILS(zmq_msg_set_routing_id(&m, 0), EINVAL);
	CHECK(zmq_msg_set_routing_id(&m, 7) == 0 && zmq_msg_routing_id(&m) == 7);
	CHECK(strcmp(zmq_msg_group(&m), "") == 0);
	CHECK(zmq_msg_set_group(&m, "weather") == 0 && strcmp(zmq_msg_group(&m), "weather") == 0);
	CHECK(zmq_msg_set_group(&m, "a much longer name of a group") == 0);
	CHECK(strcmp(zmq_msg_group(&m), "a much longer name of a group") == 0);
	CHECK(zmq_msg_close(&m) == 0);
}

/* What is no message, or no longer one, is told from one. */
static void strangers(void)
{
	zmq_msg_t m, ok;

	memset(&m, 0xa5, sizeof m);
	FAILS(zmq_msg_close(&m), EFAULT);
	memset(&m, 0, sizeof m);
	FAILS(zmq_msg_close(&m), EFAULT);
	MUST(zmq_msg_init(&ok) == 0);
	FAILS(zmq_msg_copy(&m, &ok), EFAULT);
	FAILS(zmq_msg_copy(&ok, &m), EFAULT);
	FAILS(zmq_msg_move(&m, &ok), EFAULT);
	FAILS(zmq_msg_move(&ok, &m), EFAULT);
	CHECK(zmq_msg_close(&ok) == 0);
	FAILS(zmq_msg_close(&ok), EFAULT);
}

/* Large bodies begin at a line of the cache, and not near the beginning of a page. */
static void places(void)
{
	enum { COUNT = 200 };
	static zmq_msg_t all[COUNT];

	for (size_t size = 4096; size <= 1 << 20; size *= 4) {
		for (int i = 0; i < COUNT; i++) {
			MUST(zmq_msg_init_size(&all[i], size) == 0);
			uintptr_t at = (uintptr_t)zmq_msg_data(&all[i]);
			CHECK(at % 64 == 0 && at % 4096 >= 64);
			memset(zmq_msg_data(&all[i]), i, size);
		}
		for (int i = 0; i < COUNT; i++)
			CHECK(zmq_msg_close(&all[i]) == 0);
	}
}

int main(void)
{
	sizes();
	places();
	moved();
	owned();
	properties();
	strangers();
	return done();
}
