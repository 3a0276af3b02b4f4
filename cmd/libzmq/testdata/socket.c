/* SPDX-License-Identifier: MPL-2.0 */

/* Sockets: endpoints, options, parts, all sizes, properties; over each transport. */

#include "check.h"

#include <sys/uio.h>

static void *ctx;

static void endpoints(void)
{
	void *a = make(ctx, ZMQ_DEALER), *b = make(ctx, ZMQ_DEALER);
	char last[256];
	size_t size = sizeof last;

	FAILS(zmq_bind(a, "nonsense"), EINVAL);
	FAILS(zmq_bind(a, "nope://x"), EPROTONOSUPPORT);
	FAILS(zmq_connect(a, "tcp://127.0.0.1"), EINVAL);
	FAILS(zmq_bind(a, "tcp://192.0.2.1:0"), EADDRNOTAVAIL);
	CHECK(zmq_bind(a, "tcp://127.0.0.1:*") == 0);
	CHECK(zmq_getsockopt(a, ZMQ_LAST_ENDPOINT, last, &size) == 0 && size == strlen(last) + 1);
	FAILS(zmq_bind(b, last), EADDRINUSE);
	CHECK(zmq_connect(b, last) == 0 && zmq_disconnect(b, last) == 0);
	FAILS(zmq_disconnect(b, last), ENOENT);
	CHECK(zmq_unbind(a, last) == 0);
	FAILS(zmq_unbind(a, last), ENOENT);
	CHECK(zmq_bind(a, "inproc://name") == 0);
	FAILS(zmq_bind(b, "inproc://name"), EADDRINUSE);
	CHECK(zmq_unbind(a, "inproc://name") == 0);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void options(void)
{
	void *s = make(ctx, ZMQ_SUB);
	char text[64];
	size_t size = sizeof text;
	int n = 0;

	CHECK(get(s, ZMQ_TYPE) == ZMQ_SUB && get(s, ZMQ_RCVHWM) == 1000 && get(s, ZMQ_RCVMORE) == 0);
	set(s, ZMQ_RCVHWM, 5);
	CHECK(get(s, ZMQ_RCVHWM) == 5);
	CHECK(zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0) == 0 && zmq_setsockopt(s, ZMQ_UNSUBSCRIBE, "", 0) == 0);
	CHECK(zmq_setsockopt(s, ZMQ_ROUTING_ID, "me", 2) == 0);
	CHECK(zmq_getsockopt(s, ZMQ_ROUTING_ID, text, &size) == 0 && size == 2 && memcmp(text, "me", 2) == 0);
	FAILS(zmq_setsockopt(s, ZMQ_ROUTING_ID, "", 0), EINVAL);
	FAILS(zmq_setsockopt(s, 12345, &n, sizeof n), EINVAL);
	FAILS(zmq_setsockopt(s, ZMQ_LINGER, &n, 2), EINVAL);
	size = 2;
	FAILS(zmq_getsockopt(s, ZMQ_LINGER, &n, &size), EINVAL);
	FAILS(zmq_send(s, "x", 1, 0), ENOTSUP);
	FAILS(zmq_join(s, "group"), ENOTSUP);
	FAILS(zmq_leave(s, "group"), ENOTSUP);
	FAILS(zmq_disconnect_peer(s, 1), ENOTSUP);
	FAILS(zmq_socket_get_peer_state(s, "x", 1), ENOTSUP);
	CHECK(zmq_connect_peer(s, "inproc://x") == 0 && errno == ENOTSUP);
	CHECK(zmq_close(s) == 0);
}

static int freed;

static void count(void *data, void *hint)
{
	(void)hint;
	free(data);
	__atomic_add_fetch(&freed, 1, __ATOMIC_SEQ_CST);
}

static void exchange(const char *endpoint)
{
	static const size_t sizes[] = { 0, 1, 33, 34, 255, 256, 4095, 4096, 8191, 8192, 8193, 65536, 1 << 20 };
	void *out = make(ctx, ZMQ_PUSH), *in = make(ctx, ZMQ_PULL);
	size_t n = sizeof sizes / sizeof *sizes;
	zmq_msg_t m;

	join(in, out, endpoint);
	freed = 0;
	for (size_t i = 0; i < n; i++) {
		char *body = malloc(sizes[i] + 1);
		memset(body, 'a' + (int)i, sizes[i]);
		MUST(zmq_send(out, body, sizes[i], ZMQ_SNDMORE) == (int)sizes[i]);
		MUST(zmq_msg_init_data(&m, body, sizes[i], count, NULL) == 0);
		MUST(zmq_msg_send(&m, out, ZMQ_SNDMORE) == (int)sizes[i]);
		CHECK(zmq_msg_size(&m) == 0 && zmq_msg_close(&m) == 0);
		MUST(zmq_msg_init_size(&m, sizes[i]) == 0);
		memset(zmq_msg_data(&m), 'A' + (int)i, sizes[i]);
		MUST(zmq_sendmsg(out, &m, 0) == (int)sizes[i]);
	}
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 3; k++) {
			MUST(zmq_msg_init(&m) == 0);
			MUST(zmq_msg_recv(&m, in, 0) == (int)sizes[i]);
			CHECK(zmq_msg_size(&m) == sizes[i] && zmq_msg_more(&m) == (k < 2));
			CHECK(get(in, ZMQ_RCVMORE) == (k < 2));
			char want = (k == 2 ? 'A' : 'a') + (int)i, *got = zmq_msg_data(&m);
			for (size_t b = 0; b < sizes[i]; b++)
				if (got[b] != want)
					exit(3);
			if (strncmp(endpoint, "tcp", 3) == 0) {
				CHECK(strcmp(zmq_msg_gets(&m, "Peer-Address"), "127.0.0.1") == 0);
				CHECK(strcmp(zmq_msg_gets(&m, "Socket-Type"), "PUSH") == 0);
				CHECK(zmq_msg_get(&m, ZMQ_SRCFD) >= 0);
			}
			CHECK(zmq_msg_close(&m) == 0);
		}
	}
	CHECK(zmq_close(out) == 0 && zmq_close(in) == 0);
}

static void truncation(void)
{
	void *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR);
	static char large[10000];
	char small[4];

	join(a, b, "inproc://cut");
	send_text(a, "longer than four", 0);
	CHECK(zmq_recv(b, small, sizeof small, 0) == 16 && memcmp(small, "long", 4) == 0);
	CHECK(zmq_send_const(a, large, sizeof large, 0) == sizeof large);
	CHECK(zmq_recv(b, small, sizeof small, 0) == sizeof large);
	CHECK(zmq_send(a, NULL, 0, 0) == 0 && zmq_recv(b, NULL, 0, 0) == 0);
	FAILS(zmq_recv(b, small, sizeof small, ZMQ_DONTWAIT), EAGAIN);
	set(b, ZMQ_RCVTIMEO, 20);
	FAILS(zmq_recv(b, small, sizeof small, 0), EAGAIN);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* RCVMORE is of the last receive that succeeded; one that fails leaves it alone. */
static void more(const char *endpoint)
{
	void *push = make(ctx, ZMQ_PUSH), *pull = make(ctx, ZMQ_PULL), *req = make(ctx, ZMQ_REQ);
	char b[8];
	zmq_msg_t m;

	join(pull, push, endpoint);
	MUST(zmq_msg_init(&m) == 0);
	send_text(push, "alone", 0);
	CHECK(get(pull, ZMQ_RCVMORE) == 0);
	expect(pull, "alone", false);
	FAILS(zmq_recv(pull, b, sizeof b, ZMQ_DONTWAIT), EAGAIN);
	CHECK(get(pull, ZMQ_RCVMORE) == 0);

	send_text(push, "first", ZMQ_SNDMORE);
	send_text(push, "last", 0);
	expect(pull, "first", true);
	FAILS(zmq_recv(pull, NULL, 1, 0), EFAULT);
	FAILS(zmq_msg_recv(NULL, pull, 0), EFAULT);
	CHECK(get(pull, ZMQ_RCVMORE) == 1);
	expect(pull, "last", false);
	set(pull, ZMQ_RCVTIMEO, 20);
	FAILS(zmq_msg_recv(&m, pull, 0), EAGAIN);
	CHECK(get(pull, ZMQ_RCVMORE) == 0 && zmq_msg_more(&m) == 0);
	FAILS(zmq_recv(req, b, sizeof b, 0), EFSM);
	CHECK(get(req, ZMQ_RCVMORE) == 0);
	CHECK(zmq_msg_close(&m) == 0 && zmq_close(push) == 0 && zmq_close(pull) == 0 && zmq_close(req) == 0);
}

static void vectors(void)
{
	void *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR);
	struct iovec out[3] = { { "one", 3 }, { "", 0 }, { "three", 5 } }, in[5];
	size_t count = 5;

	join(a, b, "inproc://iov");
	CHECK(zmq_sendiov(a, out, 3, ZMQ_SNDMORE) == 5);
	CHECK(zmq_recviov(b, in, &count, 0) == 3 && count == 3);
	for (size_t i = 0; i < 3; i++) {
		CHECK(in[i].iov_len == out[i].iov_len && memcmp(in[i].iov_base, out[i].iov_base, in[i].iov_len) == 0);
		free(in[i].iov_base);
	}
	FAILS(zmq_sendiov(a, NULL, 0, 0), EINVAL);
	FAILS(zmq_recviov(b, NULL, NULL, 0), EINVAL);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void states(void)
{
	void *req = make(ctx, ZMQ_REQ), *rep = make(ctx, ZMQ_REP);
	zmq_msg_t m;

	join(rep, req, "tcp://127.0.0.1:*");
	MUST(zmq_msg_init(&m) == 0);
	FAILS(zmq_recvmsg(req, &m, 0), EFSM);
	send_text(req, "question", 0);
	FAILS(zmq_send(req, "x", 1, 0), EFSM);
	expect(rep, "question", false);
	send_text(rep, "part", ZMQ_SNDMORE);
	send_text(rep, "answer", 0);
	expect(req, "part", true);
	expect(req, "answer", false);
	CHECK(zmq_msg_close(&m) == 0 && zmq_close(req) == 0 && zmq_close(rep) == 0);
}

/* A full pipe: EAGAIN at the sum of both marks, room again after receiving. */
static void marks(void)
{
	void *a = make(ctx, ZMQ_PUSH), *b = make(ctx, ZMQ_PULL);
	int sent = 0;

	set(a, ZMQ_SNDHWM, 2);
	set(b, ZMQ_RCVHWM, 2);
	join(b, a, "inproc://marks");
	while (sent < 10 && zmq_send(a, "x", 1, ZMQ_DONTWAIT) == 1)
		sent++;
	CHECK(sent == 4);
	for (int i = 0; i < 4; i++)
		expect(b, "x", false);
	CHECK(zmq_send(a, "x", 1, 0) == 1);
	set(a, ZMQ_SNDTIMEO, 0);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static void peers(void)
{
	void *router = make(ctx, ZMQ_ROUTER), *dealer = make(ctx, ZMQ_DEALER);
	char id[16];
	int n;

	set(router, ZMQ_ROUTER_MANDATORY, 1);
	MUST(zmq_setsockopt(dealer, ZMQ_ROUTING_ID, "D", 1) == 0);
	join(router, dealer, "tcp://127.0.0.1:*");
	send_text(dealer, "hello", 0);
	MUST((n = zmq_recv(router, id, sizeof id, 0)) == 1);
	expect(router, "hello", false);
	CHECK(zmq_socket_get_peer_state(router, id, (size_t)n) == ZMQ_POLLOUT);
	FAILS(zmq_socket_get_peer_state(router, "nobody", 6), EHOSTUNREACH);
	FAILS(zmq_send(router, "nobody", 6, ZMQ_SNDMORE), EHOSTUNREACH);
	CHECK(zmq_close(router) == 0 && zmq_close(dealer) == 0);
}

int main(void)
{
	ctx = zmq_ctx_new();
	endpoints();
	options();
	exchange("inproc://exchange");
	exchange("tcp://127.0.0.1:*");
	exchange("ipc://*");
	truncation();
	more("inproc://more");
	more("tcp://127.0.0.1:*");
	vectors();
	states();
	marks();
	peers();
	CHECK(zmq_ctx_term(ctx) == 0);
	CHECK(__atomic_load_n(&freed, __ATOMIC_SEQ_CST) == 13);
	return done();
}
