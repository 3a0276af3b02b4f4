/* SPDX-License-Identifier: MPL-2.0 */

/*
 * Threads that wait at the descriptor of their only peer: connections whose receiver is
 * woken by one message after another are lent to it, and nobody is to notice.
 */

#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

static void *ctx;

enum {
	ROUNDS = 300,
	PACED = 40, /* round trips after which a connection is lent for certain */
	BODY_MAX = 1 << 20,
};

static const char *const endpoints[] = { "tcp://127.0.0.1:*", "ipc://*" };

/* echo sends back what comes, of a few parts, until the context ends. */
static void *echo(void *s)
{
	zmq_msg_t parts[4];

	for (;;) {
		int count = 0, more = 1;
		for (; more; count++) {
			MUST(count < 4 && zmq_msg_init(&parts[count]) == 0);
			if (zmq_msg_recv(&parts[count], s, 0) < 0)
				goto out;
			more = zmq_msg_more(&parts[count]);
		}
		for (int i = 0; i < count; i++)
			if (zmq_msg_send(&parts[i], s, i < count - 1 ? ZMQ_SNDMORE : 0) < 0)
				goto out;
	}
out:;
	int e = zmq_errno();
	CHECK(e == ETERM);
	CHECK(zmq_close(s) == 0);
	return NULL;
}

/* A socket that asks, connected to one that a thread answers with. */
struct pair {
	void *asks, *answers;
	pthread_t thread;
};

static void begin(struct pair *p, int asking, int answering, const char *endpoint)
{
	MUST((ctx = zmq_ctx_new()) != NULL);
	p->asks = make(ctx, asking);
	p->answers = make(ctx, answering);
	set(p->answers, ZMQ_RCVTIMEO, -1);
	join(p->answers, p->asks, endpoint);
	MUST(pthread_create(&p->thread, NULL, echo, p->answers) == 0);
}

/* end ends the context while the thread waits. */
static void end(struct pair *p)
{
	CHECK(zmq_ctx_shutdown(ctx) == 0);
	pthread_join(p->thread, NULL);
	CHECK(zmq_close(p->asks) == 0 && zmq_ctx_term(ctx) == 0);
}

/* ask makes a round trip of a size, of one part or two. */
static void ask(void *s, uint32_t n, size_t size, bool parts)
{
	static unsigned char out[BODY_MAX], in[BODY_MAX];

	memset(out, (int)n, size);
	memcpy(out, &n, sizeof n);
	if (parts)
		send_text(s, "before", ZMQ_SNDMORE);
	MUST(zmq_send(s, out, size, 0) == (int)size);
	if (parts)
		expect(s, "before", true);
	MUST(zmq_recv(s, in, sizeof in, 0) == (int)size);
	MUST(memcmp(in, out, size) == 0 && get(s, ZMQ_RCVMORE) == 0);
}

/* fails_with checks why the last call has failed. */
static void fails_with(int number)
{
	int e = zmq_errno();

	MUST(e == number);
}

static void pace(void *s)
{
	for (uint32_t n = 0; n < PACED; n++)
		ask(s, n, 8, false);
}

/* Bodies of all sizes, one after another. */
static void sizes(int asking, int answering, const char *endpoint)
{
	static const size_t all[] = { 4, 100, 300, 5000, 16 << 10, 40000, 128 << 10, 300000, BODY_MAX };
	enum { COUNT = sizeof all / sizeof all[0] };
	struct pair p;

	begin(&p, asking, answering, endpoint);
	for (uint32_t n = 0; n < ROUNDS; n++)
		ask(p.asks, n, all[n / 12 % COUNT], n % 7 == 0);
	for (uint32_t n = 0; n < ROUNDS; n++)
		ask(p.asks, n, all[n * 5 % COUNT], n % 3 == 0);
	end(&p);
}

/* Who gives up, polls, or does not wait finds what comes later. */
static void gives_up(const char *endpoint)
{
	struct pair p;
	void *s;
	char got[8];

	begin(&p, ZMQ_DEALER, ZMQ_DEALER, endpoint);
	s = p.asks;
	for (int i = 0; i < 20; i++) {
		zmq_pollitem_t item = { s, 0, ZMQ_POLLIN, 0 };
		pace(s);
		set(s, ZMQ_RCVTIMEO, i % 3);
		FAILS(zmq_recv(s, got, sizeof got, i % 2 ? ZMQ_DONTWAIT : 0), EAGAIN);
		set(s, ZMQ_RCVTIMEO, 10000);
		send_text(s, "!", 0);
		switch (i % 4) {
		case 0:
			MUST(zmq_poll(&item, 1, 10000) == 1);
			expect(s, "!", false);
			break;
		case 1:
			while (!(get(s, ZMQ_EVENTS) & ZMQ_POLLIN))
				MUST(zmq_poll(&item, 1, 10000) == 1);
			expect(s, "!", false);
			break;
		case 2:
			expect(s, "!", false);
			break;
		case 3:
			while (zmq_recv(s, got, sizeof got, ZMQ_DONTWAIT) < 0)
				fails_with(EAGAIN);
			CHECK(got[0] == '!');
		}
		CHECK(zmq_poll(&item, 1, 0) == 0);
	}
	end(&p);
}

/* A second peer is served beside one whose connection is lent. */
static void second_peer(const char *endpoint)
{
	struct pair p;
	char last[256];
	size_t size = sizeof last;
	void *other;

	begin(&p, ZMQ_REQ, ZMQ_REP, endpoint);
	MUST(zmq_getsockopt(p.asks, ZMQ_LAST_ENDPOINT, last, &size) == 0);
	pace(p.asks);
	other = make(ctx, ZMQ_REQ);
	MUST(zmq_connect(other, last) == 0);
	for (uint32_t n = 0; n < PACED; n++) {
		ask(other, n, 8, false);
		if (n % 3 == 0)
			ask(p.asks, n, 8, false);
	}
	CHECK(zmq_close(other) == 0);
	pace(p.asks);
	end(&p);
}

/* A peer that goes while its connection is lent is noticed, by who waits and by who does not, and one that comes in its place is served. */
static void peer_goes(bool waits)
{
	char last[256], got[8];
	size_t size = sizeof last;
	void *client, *server, *monitor;

	MUST((ctx = zmq_ctx_new()) != NULL);
	client = make(ctx, ZMQ_DEALER);
	set(client, ZMQ_RECONNECT_IVL, 10);
	server = make(ctx, ZMQ_DEALER);
	join(server, client, "tcp://127.0.0.1:*");
	MUST(zmq_getsockopt(server, ZMQ_LAST_ENDPOINT, last, &size) == 0);
	MUST(zmq_socket_monitor(client, "inproc://events", ZMQ_EVENT_DISCONNECTED) == 0);
	monitor = make(ctx, ZMQ_PAIR);
	MUST(zmq_connect(monitor, "inproc://events") == 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PACED; i++) {
			send_text(client, "?", 0);
			expect(server, "?", false);
			send_text(server, "!", 0);
			expect(client, "!", false);
		}
		CHECK(zmq_close(server) == 0);
		if (waits) {
			set(client, ZMQ_RCVTIMEO, 20);
			FAILS(zmq_recv(client, got, sizeof got, 0), EAGAIN);
			set(client, ZMQ_RCVTIMEO, 10000);
		}
		MUST(zmq_recv(monitor, got, sizeof got, 0) == 6);
		MUST(get(monitor, ZMQ_RCVMORE) == 1);
		MUST(zmq_recv(monitor, NULL, 0, 0) > 0);
		server = make(ctx, ZMQ_DEALER);
		while (zmq_bind(server, last) != 0)
			fails_with(EADDRINUSE);
	}
	CHECK(zmq_close(server) == 0 && zmq_close(client) == 0 && zmq_close(monitor) == 0 && zmq_ctx_term(ctx) == 0);
}

static volatile sig_atomic_t rung;

static void ring(int number)
{
	(void)number;
	rung++;
}

/* A signal ends the wait at a lent descriptor, and what comes later is not lost. */
static void interrupted(const char *endpoint)
{
	struct sigaction act = { .sa_handler = ring };
	struct itimerval every = { { 0, 30000 }, { 0, 30000 } }, never = { 0 };
	struct pair p;
	char got[8];

	MUST(sigaction(SIGALRM, &act, NULL) == 0);
	begin(&p, ZMQ_DEALER, ZMQ_DEALER, endpoint);
	for (int i = 0; i < 5; i++) {
		pace(p.asks);
		int before = rung;
		set(p.asks, ZMQ_RCVTIMEO, -1);
		sigset_t alarm, was;
		sigemptyset(&alarm);
		sigaddset(&alarm, SIGALRM);
		MUST(setitimer(ITIMER_REAL, &every, NULL) == 0);
		FAILS(zmq_recv(p.asks, got, sizeof got, 0), EINTR);
		MUST(setitimer(ITIMER_REAL, &never, NULL) == 0);
		MUST(pthread_sigmask(SIG_BLOCK, &alarm, &was) == 0 && pthread_sigmask(SIG_SETMASK, &was, NULL) == 0);
		CHECK(rung > before);
		set(p.asks, ZMQ_RCVTIMEO, 10000);
	}
	pace(p.asks);
	end(&p);
}

int main(void)
{
	for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
		sizes(ZMQ_REQ, ZMQ_REP, endpoints[i]);
		sizes(ZMQ_DEALER, ZMQ_ROUTER, endpoints[i]);
		sizes(ZMQ_PAIR, ZMQ_PAIR, endpoints[i]);
		gives_up(endpoints[i]);
		second_peer(endpoints[i]);
		interrupted(endpoints[i]);
	}
	peer_goes(false);
	peer_goes(true);
	return done();
}
