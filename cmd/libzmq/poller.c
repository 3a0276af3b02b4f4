/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/* zmq_poller: a list of sockets and descriptors, each with the caller's data. */

#include "abi.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct poller {
	struct zl_item *items;
	void **data; /* the user data of each item */
	int count, room;
	int fd; /* of zmq_poller_fd; -1 before it is asked for */
};

static struct poller *poller_of(void *handle)
{
	struct zl_slot *s = zl_slot_of(handle, ZL_POLLER);

	return s ? s->object : NULL;
}

void *zmq_poller_new(void)
{
	ZL_FORKED(zmq_poller_new, NULL);
	struct poller *p = calloc(1, sizeof *p);
	struct zl_slot *s = p ? zl_slot_new(ZL_POLLER) : NULL;

	if (!s) {
		free(p);
		errno = ENOMEM;
		return NULL;
	}
	p->fd = -1;
	s->object = p;
	return s;
}

int zmq_poller_destroy(void **handle)
{
	if (handle && zl_forked && !zl_is_slot(*handle))
		ZL_FORKED(zmq_poller_destroy, -1, handle);
	struct poller *p = handle ? poller_of(*handle) : NULL;

	if (!p)
		return zl_result(EFAULT);
	if (p->fd >= 0)
		close(p->fd);
	free(p->items);
	free(p->data);
	free(p);
	zl_slot_free(*handle);
	*handle = NULL;
	return 0;
}

int zmq_poller_size(void *handle)
{
	ZL_FORKED(zmq_poller_size, -1, handle);
	struct poller *p = poller_of(handle);

	return p ? p->count : zl_result(EFAULT);
}

static int find(const struct poller *p, const struct zl_slot *s, int fd)
{
	for (int i = 0; i < p->count; i++)
		if (p->items[i].socket == s && (s || p->items[i].fd == fd))
			return i;
	return -1;
}

static bool bad_mask(short events)
{
	return events & ~(ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR | ZMQ_POLLPRI);
}

/* check judges what the functions for sockets and descriptors have in common. */
static int check(const struct poller *p, const struct zl_slot *s, bool socket, int fd)
{
	if (!p)
		return EFAULT;
	if (socket)
		return s ? 0 : ENOTSOCK;
	return fd < 0 ? EBADF : 0;
}

static int grow(struct poller *p)
{
	int room = p->room ? 2 * p->room : 8;
	struct zl_item *items;
	void **data;

	if (p->count < p->room)
		return 0;
	if (!(items = realloc(p->items, (size_t)room * sizeof *items)))
		return ENOMEM;
	p->items = items;
	if (!(data = realloc(p->data, (size_t)room * sizeof *data)))
		return ENOMEM;
	p->data = data;
	p->room = room;
	return 0;
}

/* register_fd adds a thread-safe socket to the descriptor of zmq_poller_fd. */
static int register_fd(struct poller *p, struct zl_slot *s, int op)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd, e;

	if (p->fd < 0 || !s || !s->single)
		return 0;
	if ((e = zl_fd(s, &fd)))
		return e;
	return epoll_ctl(p->fd, op, fd, &ev) < 0 ? errno : 0;
}

static int add(struct poller *p, struct zl_slot *s, bool socket, int fd, void *data, short events)
{
	int e = check(p, s, socket, fd);

	if (e)
		return e;
	if (bad_mask(events) || find(p, s, fd) >= 0)
		return EINVAL;
	if ((e = grow(p)) || (e = register_fd(p, s, EPOLL_CTL_ADD)))
		return e;
	p->items[p->count] = (struct zl_item){ .socket = s, .fd = s ? -1 : fd, .events = events };
	p->data[p->count++] = data;
	return 0;
}

static int modify(struct poller *p, struct zl_slot *s, bool socket, int fd, short events)
{
	int e = check(p, s, socket, fd);
	int i = e ? -1 : find(p, s, fd);

	if (e)
		return e;
	if (i < 0 || bad_mask(events))
		return EINVAL;
	p->items[i].events = events;
	return 0;
}

static int take_out(struct poller *p, struct zl_slot *s, bool socket, int fd)
{
	int e = check(p, s, socket, fd);
	int i = e ? -1 : find(p, s, fd);

	if (e)
		return e;
	if (i < 0)
		return EINVAL;
	register_fd(p, s, EPOLL_CTL_DEL);
	p->count--;
	memmove(&p->items[i], &p->items[i + 1], (size_t)(p->count - i) * sizeof *p->items);
	memmove(&p->data[i], &p->data[i + 1], (size_t)(p->count - i) * sizeof *p->data);
	return 0;
}

int zmq_poller_add(void *handle, void *socket, void *user_data, short events)
{
	ZL_FORKED(zmq_poller_add, -1, handle, socket, user_data, events);
	return zl_result(add(poller_of(handle), zl_slot_of(socket, ZL_SOCKET), true, -1, user_data, events));
}

int zmq_poller_add_fd(void *handle, zmq_fd_t fd, void *user_data, short events)
{
	ZL_FORKED(zmq_poller_add_fd, -1, handle, fd, user_data, events);
	return zl_result(add(poller_of(handle), NULL, false, fd, user_data, events));
}

int zmq_poller_modify(void *handle, void *socket, short events)
{
	ZL_FORKED(zmq_poller_modify, -1, handle, socket, events);
	return zl_result(modify(poller_of(handle), zl_slot_of(socket, ZL_SOCKET), true, -1, events));
}

int zmq_poller_modify_fd(void *handle, zmq_fd_t fd, short events)
{
	ZL_FORKED(zmq_poller_modify_fd, -1, handle, fd, events);
	return zl_result(modify(poller_of(handle), NULL, false, fd, events));
}

int zmq_poller_remove(void *handle, void *socket)
{
	ZL_FORKED(zmq_poller_remove, -1, handle, socket);
	return zl_result(take_out(poller_of(handle), zl_slot_of(socket, ZL_SOCKET), true, -1));
}

int zmq_poller_remove_fd(void *handle, zmq_fd_t fd)
{
	ZL_FORKED(zmq_poller_remove_fd, -1, handle, fd);
	return zl_result(take_out(poller_of(handle), NULL, false, fd));
}

/* wait_all fills up to room events and returns how many, or a negative errno. */
static int wait_all(struct poller *p, zmq_poller_event_t *events, int room, long timeout_ms)
{
	int64_t deadline = timeout_ms == 0 ? 0 : zl_deadline(timeout_ms);
	int filled = 0, n;

	if (p->count == 0 && timeout_ms < 0)
		return -EFAULT;
	for (int i = 0; i < p->count; i++)
		if (p->items[i].socket && atomic_load(&p->items[i].socket->kind) != ZL_SOCKET)
			return -ENOTSOCK;
	if ((n = zl_poll_items(p->items, p->count, deadline, NULL)) < 0)
		return n;
	for (int i = 0; n > 0 && i < p->count && filled < room; i++) {
		const struct zl_item *it = &p->items[i];
		if (it->revents)
			events[filled++] = (zmq_poller_event_t){
				.socket = it->socket, .fd = it->fd, .user_data = p->data[i], .events = it->revents };
	}
	for (int i = filled; i < room; i++)
		events[i] = (zmq_poller_event_t){ .fd = -1 };
	return filled > 0 ? filled : -EAGAIN;
}

int zmq_poller_wait_all(void *handle, zmq_poller_event_t *events, int count, long timeout_ms)
{
	ZL_FORKED(zmq_poller_wait_all, -1, handle, events, count, timeout_ms);
	struct poller *p = poller_of(handle);
	int n;

	if (!p || !events)
		return zl_result(EFAULT);
	if (count < 0)
		return zl_result(EINVAL);
	n = wait_all(p, events, count, timeout_ms);
	return n < 0 ? zl_result(-n) : n;
}

int zmq_poller_wait(void *handle, zmq_poller_event_t *event, long timeout_ms)
{
	return zmq_poller_wait_all(handle, event, 1, timeout_ms) < 0 ? -1 : 0;
}

/* follow makes the descriptor that says when a thread-safe socket may be ready. */
static int follow(struct poller *p)
{
	int e = EINVAL;

	if ((p->fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
		return errno;
	for (int i = 0; i < p->count; i++)
		if (p->items[i].socket && p->items[i].socket->single)
			if ((e = register_fd(p, p->items[i].socket, EPOLL_CTL_ADD)))
				break;
	if (e) {
		close(p->fd);
		p->fd = -1;
	}
	return e;
}

int zmq_poller_fd(void *handle, zmq_fd_t *fd)
{
	ZL_FORKED(zmq_poller_fd, -1, handle, fd);
	struct poller *p = poller_of(handle);
	int e = !p || !fd ? EFAULT : p->fd >= 0 ? 0 : follow(p);

	if (e == 0)
		*fd = p->fd;
	return zl_result(e);
}
