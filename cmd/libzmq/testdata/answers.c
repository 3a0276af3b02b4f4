/* SPDX-License-Identifier: MPL-2.0 */

/* Round trips between threads, for whose answers the library looks before it sleeps: nobody is to notice. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

static void *ctx;

enum { ROUNDS = 5000 };

/* An answerer answers what it gets with the same, by looking itself or by polling, until its context ends. */
struct answerer {
	void *socket;
	bool polls;
	atomic_int answered;
};

static void *answer(void *arg)
{
	struct answerer *w = arg;

	for (;;) {
		zmq_pollitem_t item = { w->socket, 0, ZMQ_POLLIN, 0 };
		zmq_msg_t m;
		int more = 1;
		if (w->polls && zmq_poll(&item, 1, -1) < 0)
			break;
		while (more) {
			MUST(zmq_msg_init(&m) == 0);
			if (zmq_msg_recv(&m, w->socket, 0) < 0)
				goto out;
			more = zmq_msg_more(&m);
			if (zmq_msg_send(&m, w->socket, more ? ZMQ_SNDMORE : 0) < 0)
				goto out;
		}
		w->answered++;
	}
out:;
	int e = zmq_errno();
	CHECK(e == ETERM);
	CHECK(zmq_close(w->socket) == 0);
	return NULL;
}

/* ask makes one round trip, of a request that is large now and then. */
static void ask(void *s, uint32_t n, bool polls)
{
	static uint32_t out[20000], in[20000];
	int size = n % 100 == 99 ? (int)sizeof out : 4;
	zmq_pollitem_t item = { s, 0, ZMQ_POLLIN, 0 };

	out[0] = n;
	MUST(zmq_send(s, out, (size_t)size, 0) == size);
	MUST(!polls || zmq_poll(&item, 1, 10000) == 1);
	MUST(zmq_recv(s, in, sizeof in, 0) == size);
	MUST(in[0] == n && get(s, ZMQ_RCVMORE) == 0);
}

/* Each asks and is answered, whoever looks and whoever polls; a context's end ends the wait for the next. */
static void round_trips(int asking, int answering, const char *endpoint)
{
	for (int way = 0; way < 4; way++) {
		struct answerer w = { .polls = way & 1 };
		pthread_t t;
		MUST((ctx = zmq_ctx_new()) != NULL);
		void *a = make(ctx, asking);
		w.socket = make(ctx, answering);
		set(w.socket, ZMQ_RCVTIMEO, -1);
		join(w.socket, a, endpoint);
		MUST(pthread_create(&t, NULL, answer, &w) == 0);
		for (uint32_t n = 0; n < ROUNDS; n++)
			ask(a, n, way & 2);
		CHECK(zmq_ctx_shutdown(ctx) == 0);
		pthread_join(t, NULL);
		CHECK(w.answered == ROUNDS);
		CHECK(zmq_close(a) == 0 && zmq_ctx_term(ctx) == 0);
	}
}

/* An answer that does not come is waited for as long as was asked for, and one that comes late is there. */
static void late(int type)
{
	MUST((ctx = zmq_ctx_new()) != NULL);
	void *a = make(ctx, type), *b = make(ctx, type);
	char got;

	join(b, a, "inproc://late");
	set(a, ZMQ_RCVTIMEO, 1);
	for (int i = 0; i < 300; i++) {
		zmq_pollitem_t item = { a, 0, ZMQ_POLLIN, 0 };
		send_text(a, "?", 0);
		if (i % 3 == 0)
			FAILS(zmq_recv(a, &got, 1, 0), EAGAIN);
		expect(b, "?", false);
		send_text(b, "!", 0);
		if (i % 2 == 0)
			MUST(zmq_poll(&item, 1, 10000) == 1);
		expect(a, "!", false);
		CHECK(!(get(a, ZMQ_EVENTS) & ZMQ_POLLIN));
		CHECK(zmq_poll(&item, 1, 0) == 0);
	}
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0 && zmq_ctx_term(ctx) == 0);
}

int main(void)
{
	round_trips(ZMQ_REQ, ZMQ_REP, "inproc://answers");
	round_trips(ZMQ_PAIR, ZMQ_PAIR, "inproc://answers");
	round_trips(ZMQ_DEALER, ZMQ_ROUTER, "inproc://answers");
	round_trips(ZMQ_REQ, ZMQ_REP, "tcp://127.0.0.1:*");
	late(ZMQ_PAIR);
	late(ZMQ_DEALER);
	return done();
}
