/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/* Contexts and sockets: made, set, bound, ended. Next: context.go, socket.go. */

#include "abi.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "_cgo_export.h"

/* --- contexts --- */

void *zmq_ctx_new(void)
{
	ZL_FORKED(zmq_ctx_new, NULL);
	zl_handlers();
	struct zl_slot *c = zl_slot_new(ZL_CONTEXT);
	int e = c ? goCtxNew(c->index) : EMFILE;

	if (e && c)
		zl_slot_free(c);
	if (e)
		errno = e;
	return e ? NULL : c;
}

/*
 * zmq_ctx_term waits until all sockets are closed and what they had to send is
 * sent. A signal ends the waiting with EINTR; the next call goes on with it.
 */
int zmq_ctx_term(void *context)
{
	if (zl_forked && zl_is_slot(context))
		return 0; /* the parent's */
	ZL_FORKED(zmq_ctx_term, -1, context);
	struct zl_slot *c = zl_slot_of(context, ZL_CONTEXT);
	struct pollfd p = { .events = POLLIN };
	int n, e;

	if (!c)
		return zl_result(EFAULT);
	if (c->ended_fd < 0) {
		int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fd < 0)
			return zl_result(errno);
		c->ended_fd = fd;
		zl_outbox_settle_context(c->index);
		if ((e = goCtxTerm(c->index, fd))) {
			c->ended_fd = -1; /* nobody will write to it */
			close(fd);
			return zl_result(e);
		}
	}
	p.fd = c->ended_fd;
	atomic_store(&c->waiting_since, zl_now_ms());
	n = zl_ppoll(&p, 1, -1, NULL);
	atomic_store(&c->waiting_since, 0);
	if (n < 0)
		return zl_result(-n);
	close(c->ended_fd);
	zl_slot_free(c);
	return 0;
}

int zmq_ctx_shutdown(void *context)
{
	if (zl_forked && zl_is_slot(context))
		return 0;
	ZL_FORKED(zmq_ctx_shutdown, -1, context);
	struct zl_slot *c = zl_slot_of(context, ZL_CONTEXT);

	if (c)
		zl_outbox_settle_context(c->index);
	return zl_result(c ? goCtxShutdown(c->index) : EFAULT);
}

int zmq_ctx_set_ext(void *context, int option, const void *value, size_t size)
{
	ZL_FORKED(zmq_ctx_set_ext, -1, context, option, value, size);
	struct zl_slot *c = zl_slot_of(context, ZL_CONTEXT);

	if (!c)
		return zl_result(EFAULT);
	return zl_result(value ? goCtxSet(c->index, option, (void *)value, size) : EINVAL);
}

int zmq_ctx_get_ext(void *context, int option, void *value, size_t *size)
{
	ZL_FORKED(zmq_ctx_get_ext, -1, context, option, value, size);
	struct zl_slot *c = zl_slot_of(context, ZL_CONTEXT);

	if (!c)
		return zl_result(EFAULT);
	return zl_result(value && size ? goCtxGet(c->index, option, value, size) : EINVAL);
}

int zmq_ctx_set(void *context, int option, int value)
{
	return zmq_ctx_set_ext(context, option, &value, sizeof value);
}

int zmq_ctx_get(void *context, int option)
{
	int value;
	size_t size = sizeof value;

	return zmq_ctx_get_ext(context, option, &value, &size) == 0 ? value : -1;
}

void *zmq_init(int io_threads)
{
	void *c;

	if (io_threads < 0) {
		errno = EINVAL;
		return NULL;
	}
	c = zmq_ctx_new();
	if (c && zmq_ctx_set(c, ZMQ_IO_THREADS, io_threads)) {
		int e = errno;
		zmq_ctx_term(c);
		errno = e;
		return NULL;
	}
	return c;
}

int zmq_term(void *context)
{
	return zmq_ctx_term(context);
}

int zmq_ctx_destroy(void *context)
{
	return zmq_ctx_term(context);
}

/* --- sockets --- */

static bool single(int type)
{
	switch (type) {
	case ZMQ_SERVER:
	case ZMQ_CLIENT:
	case ZMQ_RADIO:
	case ZMQ_DISH:
	case ZMQ_GATHER:
	case ZMQ_SCATTER:
	case ZMQ_PEER:
	case ZMQ_CHANNEL:
		return true;
	}
	return false;
}

/* stays says whether who receives from a type may wait at its peer's descriptor: those that one thread uses at a time. */
static bool stays(int type)
{
	switch (type) {
	case ZMQ_REQ:
	case ZMQ_REP:
	case ZMQ_DEALER:
	case ZMQ_ROUTER:
	case ZMQ_PAIR:
	case ZMQ_PULL:
	case ZMQ_SUB:
	case ZMQ_XSUB:
		return true;
	}
	return false;
}

/* gathers names the types whose messages have no address and await no answer. */
static bool gathers(int type)
{
	return type == ZMQ_PUSH || type == ZMQ_DEALER || type == ZMQ_PAIR || type == ZMQ_PUB || type == ZMQ_XPUB;
}

void *zmq_socket(void *context, int type)
{
	ZL_FORKED(zmq_socket, NULL, context, type);
	struct zl_slot *c = zl_slot_of(context, ZL_CONTEXT);
	struct zl_slot *s = c ? zl_slot_new(ZL_SOCKET) : NULL;
	int e = EFAULT;

	if (c)
		e = s ? goSocket(c->index, s->index, type) : EMFILE;
	if (e) {
		if (s)
			zl_slot_free(s);
		errno = e;
		return NULL;
	}
	s->context = c->index;
	s->type = type;
	s->single = single(type);
	zl_handlers();
	zl_batch_setup(s);
	s->gathers = gathers(type);
	s->stays = stays(type);
	return s;
}

int zmq_close(void *socket)
{
	if (zl_forked && zl_is_slot(socket))
		return 0;
	ZL_FORKED(zmq_close, -1, socket);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	uint32_t kind = ZL_SOCKET;

	/* Of two threads that close the same socket one has closed it. */
	if (!s || !atomic_compare_exchange_strong(&s->kind, &kind, ZL_FREE))
		return zl_result(ENOTSOCK);
	zl_outbox_free(s);
	int e = goClose(s->index);
	zl_batch_free(s);
	zl_slot_free(s);
	return zl_result(e);
}

/* settled returns a socket of which something is to change, after all that was sent before. */
static struct zl_slot *settled(void *socket)
{
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);

	zl_outbox_flush_all();
	if (s)
		zl_outbox_settle(s);
	return s;
}

int zmq_setsockopt(void *socket, int option, const void *value, size_t size)
{
	ZL_FORKED(zmq_setsockopt, -1, socket, option, value, size);
	struct zl_slot *s = settled(socket);
	int e = s ? goSetOpt(s->index, option, (void *)value, size) : ENOTSOCK;

	if (e == 0 && option == ZMQ_SNDTIMEO)
		memcpy(&s->send_timeout_ms, value, sizeof s->send_timeout_ms);
	if (e == 0 && option == ZMQ_RCVTIMEO)
		memcpy(&s->recv_timeout_ms, value, sizeof s->recv_timeout_ms);
	if (e == 0 && size == sizeof(int)) {
		int n;
		memcpy(&n, value, sizeof n);
		zl_batch_set(s, option, n);
	}
	if (e == 0 && (option == ZMQ_UNSUBSCRIBE || option == ZMQ_SUBSCRIBE || option == ZMQ_INVERT_MATCHING))
		zl_batch_sift(s);
	return zl_result(e);
}

/* answer writes an int as an option's value; larger buffers are zeroed and shrunk. */
static int answer(void *value, size_t *size, int n)
{
	if (*size < sizeof n)
		return EINVAL;
	memset(value, 0, *size);
	memcpy(value, &n, sizeof n);
	*size = sizeof n;
	return 0;
}

int zmq_getsockopt(void *socket, int option, void *value, size_t *size)
{
	ZL_FORKED(zmq_getsockopt, -1, socket, option, value, size);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	int e;

	if (!s)
		return zl_result(ENOTSOCK);
	if (!value || !size)
		return zl_result(EFAULT);
	if (option == ZMQ_FD && s->single)
		return zl_result(EINVAL);
	if (option == ZMQ_EVENTS)
		zl_outbox_flush_all();
	e = goGetOpt(s->index, option, value, size);
	/* Only C knows which part was the last: Go is asked whether the socket lives. */
	if (e == 0 && option == ZMQ_RCVMORE)
		e = answer(value, size, s->more);
	if (e == 0 && option == ZMQ_EVENTS && *size == sizeof(int)) {
		zl_pass_on(s, *(int *)value);
		*(int *)value |= zl_batch_ready(s);
	}
	return zl_result(e);
}

/* What goEndpoint is asked to do. */
enum { BIND, CONNECT, UNBIND, DISCONNECT };

static int endpoint(void *socket, int what, const char *text)
{
	struct zl_slot *s = settled(socket);

	if (!s)
		return zl_result(ENOTSOCK);
	return zl_result(text ? goEndpoint(s->index, what, (char *)text) : EINVAL);
}

int zmq_bind(void *socket, const char *text)
{
	ZL_FORKED(zmq_bind, -1, socket, text);
	return endpoint(socket, BIND, text);
}

int zmq_connect(void *socket, const char *text)
{
	ZL_FORKED(zmq_connect, -1, socket, text);
	return endpoint(socket, CONNECT, text);
}

int zmq_unbind(void *socket, const char *text)
{
	ZL_FORKED(zmq_unbind, -1, socket, text);
	return endpoint(socket, UNBIND, text);
}

int zmq_disconnect(void *socket, const char *text)
{
	ZL_FORKED(zmq_disconnect, -1, socket, text);
	return endpoint(socket, DISCONNECT, text);
}

/* --- monitors --- */

int zmq_socket_monitor_versioned(void *socket, const char *text, uint64_t events, int version, int type)
{
	ZL_FORKED(zmq_socket_monitor_versioned, -1, socket, text, events, version, type);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);

	return zl_result(s ? goMonitor(s->index, (char *)text, events, version, type) : ENOTSOCK);
}

int zmq_socket_monitor(void *socket, const char *text, int events)
{
	return zmq_socket_monitor_versioned(socket, text, (uint64_t)(uint32_t)events & ZMQ_EVENT_ALL, 1, ZMQ_PAIR);
}

int zmq_socket_monitor_pipes_stats(void *socket)
{
	ZL_FORKED(zmq_socket_monitor_pipes_stats, -1, socket);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);

	return zl_result(s ? goPipesStats(s->index) : ENOTSOCK);
}

/* --- groups and peers --- */

int zmq_join(void *socket, const char *group)
{
	ZL_FORKED(zmq_join, -1, socket, group);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);

	return zl_result(!s ? ENOTSOCK : group ? goGroup(s->index, 1, (char *)group) : EINVAL);
}

int zmq_leave(void *socket, const char *group)
{
	ZL_FORKED(zmq_leave, -1, socket, group);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);

	return zl_result(!s ? ENOTSOCK : group ? goGroup(s->index, 0, (char *)group) : EINVAL);
}

uint32_t zmq_connect_peer(void *socket, const char *text)
{
	ZL_FORKED(zmq_connect_peer, 0, socket, text);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	uint32_t id = 0;
	int e = !s ? ENOTSOCK : text ? goConnectPeer(s->index, (char *)text, &id) : EINVAL;

	if (e)
		errno = e;
	return e ? 0 : id;
}

int zmq_disconnect_peer(void *socket, uint32_t routing_id)
{
	ZL_FORKED(zmq_disconnect_peer, -1, socket, routing_id);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);

	return zl_result(s ? goDisconnectPeer(s->index, routing_id) : ENOTSOCK);
}

int zmq_socket_get_peer_state(void *socket, const void *routing_id, size_t routing_id_size)
{
	ZL_FORKED(zmq_socket_get_peer_state, -1, socket, routing_id, routing_id_size);
	struct zl_slot *s = zl_slot_of(socket, ZL_SOCKET);
	int state = 0;
	int e = !s ? ENOTSOCK
		   : !routing_id ? EFAULT
				 : goPeerState(s->index, (void *)routing_id, routing_id_size, &state);

	return e ? zl_result(e) : state;
}

/* --- what Go's libraries are asked for --- */

int zmq_has(const char *capability)
{
	ZL_FORKED(zmq_has, 0, capability);
	int has = 0;

	return capability && goHas((char *)capability, &has) == 0 ? has : 0;
}

static int as_text(const uint8_t public[32], char *z85)
{
	return zmq_z85_encode(z85, public, 32) ? 0 : -1;
}

int zmq_curve_keypair(char *z85_public_key, char *z85_secret_key)
{
	ZL_FORKED(zmq_curve_keypair, -1, z85_public_key, z85_secret_key);
	uint8_t public[32], secret[32];
	int e;

	if (!z85_public_key || !z85_secret_key)
		return zl_result(EFAULT);
	if ((e = goCurveKeys(public, secret, 1)))
		return zl_result(e);
	if (as_text(public, z85_public_key) || as_text(secret, z85_secret_key))
		return -1;
	explicit_bzero(secret, sizeof secret);
	return 0;
}

int zmq_curve_public(char *z85_public_key, const char *z85_secret_key)
{
	ZL_FORKED(zmq_curve_public, -1, z85_public_key, z85_secret_key);
	uint8_t public[32], secret[32];
	int e;

	if (!z85_public_key || !z85_secret_key)
		return zl_result(EFAULT);
	if (strlen(z85_secret_key) != 40 || !zmq_z85_decode(secret, z85_secret_key))
		return zl_result(EINVAL);
	e = goCurveKeys(public, secret, 0);
	explicit_bzero(secret, sizeof secret);
	return e ? zl_result(e) : as_text(public, z85_public_key);
}
