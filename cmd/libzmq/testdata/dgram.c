/* SPDX-License-Identifier: MPL-2.0 */

/* DGRAM: a message is an address and a packet's bytes, between sockets and with any program. */

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { PACKET_MAX = 8192, TEXT_MAX = 64 };

static void *ctx;

/* A DGRAM socket and the address that packets for it go to. */
static void *bound(char address[TEXT_MAX])
{
	void *s = make(ctx, ZMQ_DGRAM);
	char last[TEXT_MAX];
	size_t size = sizeof last;

	MUST(zmq_bind(s, "udp://127.0.0.1:*") == 0);
	MUST(zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, last, &size) == 0 && strncmp(last, "udp://", 6) == 0);
	strcpy(address, last + 6);
	return s;
}

static void send_to(void *s, const char *address, const void *body, size_t size)
{
	send_text(s, address, ZMQ_SNDMORE);
	MUST(zmq_send(s, body, size, 0) == (int)size);
}

/* Receives a packet: the sender's address, with its NUL, and the body. */
static void expect_from(void *s, const char *address, const void *body, size_t size)
{
	static char got[PACKET_MAX + 1];
	char from[TEXT_MAX];

	MUST(zmq_recv(s, from, sizeof from, 0) == (int)strlen(address) + 1);
	CHECK(strcmp(from, address) == 0 && get(s, ZMQ_RCVMORE) == 1);
	MUST(zmq_recv(s, got, sizeof got, 0) == (int)size);
	CHECK(memcmp(got, body, size) == 0 && get(s, ZMQ_RCVMORE) == 0);
}

static void exchange(void)
{
	char to_a[TEXT_MAX], to_b[TEXT_MAX];
	void *a = bound(to_a), *b = bound(to_b);
	zmq_msg_t from, body;

	send_to(a, to_b, "hello", 5);
	expect_from(b, to_a, "hello", 5);
	send_to(b, to_a, "", 0);
	expect_from(a, to_b, "", 0);

	/* An answer goes to the address as it came. */
	send_to(a, to_b, "question", 8);
	MUST(zmq_msg_init(&from) == 0 && zmq_msg_init(&body) == 0);
	MUST(zmq_msg_recv(&from, b, 0) == (int)strlen(to_a) + 1 && zmq_msg_more(&from));
	MUST(zmq_msg_recv(&body, b, 0) == 8 && !zmq_msg_more(&body));
	MUST(zmq_msg_send(&from, b, ZMQ_SNDMORE) > 0 && zmq_msg_send(&body, b, 0) == 8);
	expect_from(a, to_b, "question", 8);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* Two parts, no more and no less; what is refused leaves nothing behind. */
static void parts(void)
{
	char to_a[TEXT_MAX], to_b[TEXT_MAX];
	void *a = bound(to_a), *b = bound(to_b);

	FAILS(zmq_send(a, to_b, strlen(to_b), 0), EINVAL);
	send_to(a, to_b, "one", 3);
	send_text(a, to_b, ZMQ_SNDMORE);
	FAILS(zmq_send(a, "x", 1, ZMQ_SNDMORE), EINVAL);
	send_to(a, to_b, "two", 3);
	expect_from(b, to_a, "one", 3);
	expect_from(b, to_a, "two", 3);
	FAILS(zmq_recv(b, NULL, 0, ZMQ_DONTWAIT), EAGAIN);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* What no packet holds, or nobody can be sent, is dropped, as a network would. */
static void dropped(void)
{
	static char large[PACKET_MAX + 1];
	char to_a[TEXT_MAX], to_b[TEXT_MAX];
	void *a = bound(to_a), *b = bound(to_b);

	memset(large, 'l', sizeof large);
	send_to(a, to_b, large, sizeof large);
	send_to(a, "nobody", "x", 1);
	send_to(a, to_b, large, PACKET_MAX);
	expect_from(b, to_a, large, PACKET_MAX);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* A program that knows nothing of ZeroMQ. */
static void foreign(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET }, own = { .sin_family = AF_INET };
	char to_a[TEXT_MAX], address[TEXT_MAX], host[INET_ADDRSTRLEN], got[TEXT_MAX];
	socklen_t size = sizeof own;
	void *a = bound(to_a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	own.sin_addr.s_addr = to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)atoi(strchr(to_a, ':') + 1));
	MUST(bind(fd, (struct sockaddr *)&own, sizeof own) == 0);
	MUST(getsockname(fd, (struct sockaddr *)&own, &size) == 0);
	MUST(inet_ntop(AF_INET, &own.sin_addr, host, sizeof host) != NULL);
	snprintf(address, sizeof address, "%s:%d", host, ntohs(own.sin_port));
	MUST(sendto(fd, "ping", 4, 0, (struct sockaddr *)&to, sizeof to) == 4);
	expect_from(a, address, "ping", 4);
	send_to(a, address, "pong", 4);
	MUST(recv(fd, got, sizeof got, 0) == 4 && memcmp(got, "pong", 4) == 0);
	CHECK(close(fd) == 0 && zmq_close(a) == 0);
}

static void endpoints(void)
{
	char to_a[TEXT_MAX], taken[TEXT_MAX + 6] = "udp://";
	void *a = bound(to_a), *b = make(ctx, ZMQ_DGRAM), *c = make(ctx, ZMQ_PUB);

	strcat(taken, to_a);
	FAILS(zmq_bind(b, taken), EADDRINUSE);
	FAILS(zmq_connect(b, taken), ENOCOMPATPROTO);
	FAILS(zmq_bind(c, "udp://127.0.0.1:*"), ENOCOMPATPROTO);
	FAILS(zmq_bind(b, "udp://127.0.0.1"), EINVAL);
	CHECK(get(a, ZMQ_TYPE) == ZMQ_DGRAM && zmq_unbind(a, taken) == 0);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0 && zmq_close(c) == 0);
}

int main(void)
{
	ctx = zmq_ctx_new();
	exchange();
	parts();
	dropped();
	foreign();
	endpoints();
	CHECK(zmq_ctx_term(ctx) == 0);
	return done();
}
