/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Messages. They live in C altogether: nothing here calls Go. Previous: the
 * program. Next: part.c, which moves them to and from sockets.
 */

#include "abi.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct zl_msg *inner(const zmq_msg_t *msg)
{
	return (struct zl_msg *)msg;
}

/* zl_msg_valid reports whether m has been initialised and not been closed. */
bool zl_msg_valid(const struct zl_msg *m)
{
	return m && m->mark == ZL_MARK && m->type >= ZL_INLINE && m->type <= ZL_CONSTANT;
}

/* zl_msg_clear makes m an empty message, whatever it was. */
void zl_msg_clear(struct zl_msg *m)
{
	m->props = NULL;
	m->in.size = 0;
	m->type = ZL_INLINE;
	m->flags = 0;
	m->mark = ZL_MARK;
	m->routing_id = 0;
	m->group = NULL;
}

/* zl_msg_release lets go what m refers to; m is no message afterwards. */
void zl_msg_release(struct zl_msg *m)
{
	if (m->type == ZL_COUNTED)
		zl_content_release(m->content);
	if (m->props)
		zl_props_release(m->props);
	free(m->group);
	m->type = 0;
	m->mark = 0;
}

enum { PAGE_BYTES = 4096 };

/*
 * zl_content_new makes a body of size bytes, one reference; NULL without memory. A large
 * one begins at a line of the cache, and at no page's beginning: see skewBytes in
 * internal/buf.
 */
struct zl_content *zl_content_new(size_t size)
{
	struct zl_content *c = zl_pool_get(size);

	if (!c)
		return NULL;
	c->data = c + 1;
	if (c->class >= 0 && (uintptr_t)c->data % PAGE_BYTES == 0)
		c->data = (char *)c->data + ZL_LINE_BYTES;
	c->size = size;
	c->ffn = NULL;
	c->hint = NULL;
	atomic_init(&c->refs, 1);
	return c;
}

/* zl_content_release drops one reference. */
void zl_content_release(struct zl_content *c)
{
	if (atomic_load_explicit(&c->refs, memory_order_acquire) != 1 &&
	    atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (c->ffn)
		c->ffn(c->data, c->hint);
	if (!zl_pool_put(c))
		free(c);
}

void zl_contents_release(struct zl_content **all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		zl_content_release(all[i]);
}

/* zl_props_new makes properties to be filled in, with one reference. */
struct zl_props *zl_props_new(size_t size, uint32_t count)
{
	struct zl_props *p = malloc(sizeof *p + size);

	if (!p)
		return NULL;
	atomic_init(&p->refs, 1);
	p->count = count;
	p->size = size;
	return p;
}

char *zl_props_text(struct zl_props *p)
{
	return p->text;
}

void zl_props_release(struct zl_props *p)
{
	if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
		free(p);
}

int zmq_msg_init(zmq_msg_t *msg)
{
	if (!msg)
		return zl_result(EFAULT);
	zl_msg_clear(inner(msg));
	return 0;
}

int zmq_msg_init_size(zmq_msg_t *msg, size_t size)
{
	struct zl_msg *m = inner(msg);

	if (!m)
		return zl_result(EFAULT);
	zl_msg_clear(m);
	if (size <= ZL_INLINE_MAX) {
		m->in.size = (unsigned char)size;
		return 0;
	}
	struct zl_content *c = zl_content_new(size);
	if (!c) {
		m->type = 0;
		m->mark = 0;
		return zl_result(ENOMEM);
	}
	m->content = c;
	m->type = ZL_COUNTED;
	return 0;
}

int zmq_msg_init_buffer(zmq_msg_t *msg, const void *data, size_t size)
{
	if (!data && size > 0)
		return zl_result(EFAULT);
	if (zmq_msg_init_size(msg, size))
		return -1;
	if (size > 0)
		memcpy(zmq_msg_data(msg), data, size);
	return 0;
}

int zmq_msg_init_data(zmq_msg_t *msg, void *data, size_t size, zmq_free_fn *ffn, void *hint)
{
	struct zl_msg *m = inner(msg);

	if (!m || (!data && size > 0))
		return zl_result(EFAULT);
	zl_msg_clear(m);
	if (!ffn) {
		m->constant.data = data;
		m->constant.size = size;
		m->type = ZL_CONSTANT;
		return 0;
	}
	struct zl_content *c = zl_content_new(0);
	if (!c) {
		m->type = 0;
		m->mark = 0;
		return zl_result(ENOMEM);
	}
	c->data = data;
	c->size = size;
	c->ffn = ffn;
	c->hint = hint;
	m->content = c;
	m->type = ZL_COUNTED;
	return 0;
}

int zmq_msg_close(zmq_msg_t *msg)
{
	struct zl_msg *m = inner(msg);

	if (!zl_msg_valid(m))
		return zl_result(EFAULT);
	zl_msg_release(m);
	return 0;
}

int zmq_msg_move(zmq_msg_t *dest, zmq_msg_t *src)
{
	struct zl_msg *to = inner(dest), *from = inner(src);

	if (!zl_msg_valid(to) || !zl_msg_valid(from))
		return zl_result(EFAULT);
	if (to == from)
		return 0;
	zl_msg_release(to);
	*to = *from;
	zl_msg_clear(from);
	return 0;
}

int zmq_msg_copy(zmq_msg_t *dest, zmq_msg_t *src)
{
	struct zl_msg *to = inner(dest), *from = inner(src);
	char *group = NULL;

	if (!zl_msg_valid(to) || !zl_msg_valid(from))
		return zl_result(EFAULT);
	if (to == from)
		return 0;
	if (from->group && !(group = strdup(from->group)))
		return zl_result(ENOMEM);
	if (from->type == ZL_COUNTED) {
		atomic_fetch_add_explicit(&from->content->refs, 1, memory_order_relaxed);
		from->flags |= ZL_SHARED;
	}
	if (from->props)
		atomic_fetch_add_explicit(&from->props->refs, 1, memory_order_relaxed);
	zl_msg_release(to);
	*to = *from;
	to->group = group;
	return 0;
}

void *zmq_msg_data(zmq_msg_t *msg)
{
	struct zl_msg *m = inner(msg);

	if (!zl_msg_valid(m)) {
		errno = EFAULT;
		return NULL;
	}
	switch (m->type) {
	case ZL_COUNTED:
		return m->content->data;
	case ZL_CONSTANT:
		return m->constant.data;
	}
	return m->in.bytes;
}

size_t zmq_msg_size(const zmq_msg_t *msg)
{
	struct zl_msg *m = inner(msg);

	if (!zl_msg_valid(m)) {
		errno = EFAULT;
		return 0;
	}
	switch (m->type) {
	case ZL_COUNTED:
		return m->content->size;
	case ZL_CONSTANT:
		return m->constant.size;
	}
	return m->in.size;
}

int zmq_msg_more(const zmq_msg_t *msg)
{
	return zmq_msg_get(msg, ZMQ_MORE);
}

/* source_fd returns the connection that a message came over, -1 if unknown. */
static int source_fd(const zmq_msg_t *msg)
{
	const char *fd = zmq_msg_gets(msg, "__fd");

	return fd ? atoi(fd) : -1;
}

int zmq_msg_get(const zmq_msg_t *msg, int property)
{
	struct zl_msg *m = inner(msg);

	if (!zl_msg_valid(m))
		return zl_result(EFAULT);
	switch (property) {
	case ZMQ_MORE:
		return (m->flags & ZL_MORE) != 0;
	case ZMQ_SHARED:
		return m->type == ZL_CONSTANT || (m->flags & ZL_SHARED) != 0;
	case ZMQ_SRCFD:
		return source_fd(msg);
	}
	return zl_result(EINVAL);
}

/* No property can be set. */
int zmq_msg_set(zmq_msg_t *msg, int property, int value)
{
	(void)property;
	(void)value;
	return zl_result(zl_msg_valid(inner(msg)) ? EINVAL : EFAULT);
}

static const char *find(const struct zl_props *p, const char *name)
{
	const char *at = p->text;

	for (uint32_t i = 0; i < p->count; i++) {
		const char *value = at + strlen(at) + 1;
		if (strcmp(at, name) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

const char *zmq_msg_gets(const zmq_msg_t *msg, const char *property)
{
	struct zl_msg *m = inner(msg);
	const char *value = NULL;

	if (!zl_msg_valid(m) || !property) {
		errno = EFAULT;
		return NULL;
	}
	if (m->props) {
		value = find(m->props, property);
		if (!value && strcmp(property, "Identity") == 0)
			value = find(m->props, ZMQ_MSG_PROPERTY_ROUTING_ID);
	}
	if (!value)
		errno = EINVAL;
	return value;
}

int zmq_msg_set_routing_id(zmq_msg_t *msg, uint32_t routing_id)
{
	if (!zl_msg_valid(inner(msg)))
		return zl_result(EFAULT);
	if (routing_id == 0)
		return zl_result(EINVAL);
	inner(msg)->routing_id = routing_id;
	return 0;
}

uint32_t zmq_msg_routing_id(zmq_msg_t *msg)
{
	return zl_msg_valid(inner(msg)) ? inner(msg)->routing_id : 0;
}

int zmq_msg_set_group(zmq_msg_t *msg, const char *group)
{
	struct zl_msg *m = inner(msg);
	char *copy;

	if (!zl_msg_valid(m) || !group)
		return zl_result(EFAULT);
	if (!(copy = strndup(group, ZL_GROUP_MAX)))
		return zl_result(ENOMEM);
	free(m->group);
	m->group = copy;
	return 0;
}

const char *zmq_msg_group(zmq_msg_t *msg)
{
	struct zl_msg *m = inner(msg);

	if (!zl_msg_valid(m)) {
		errno = EFAULT;
		return NULL;
	}
	return m->group ? m->group : "";
}
