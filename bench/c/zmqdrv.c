// SPDX-License-Identifier: MPL-2.0
//
// Driver for libzmq: gcc -O2 -o zmqdrv zmqdrv.c -lzmq -lpthread

#include <sys/epoll.h>
#include <zmq.h>

#include "driver.h"
#include "kind.h"
#include "curve.h"

typedef struct {
    void *zmq;
    uint64_t sent_ns; // by role_dealer
    bool warm;        // by role_sub
} sock_t;

static void *context;

static void set_int(void *s, int option, int value) {
    if (zmq_setsockopt(s, option, &value, sizeof value) != 0)
        die("zmq_setsockopt %d: %s", option, zmq_strerror(zmq_errno()));
}

// sock_open keeps every option at its default (high-water mark 1000 messages)
// except: a PUSH waits for its connection instead of queueing, and PUB waits
// at the mark instead of dropping, so that all peers of the family do the
// same work for the same number of deliveries.
static void sock_open(sock_t *s, enum kind kind, const char *endpoint, bool connect,
                      char bound[ENDPOINT_BYTES_MAX]) {
    static const int types[] = {ZMQ_PUSH, ZMQ_PULL, ZMQ_REQ,    ZMQ_REP,
                                ZMQ_PUB,  ZMQ_SUB,  ZMQ_DEALER, ZMQ_ROUTER,
                                ZMQ_PAIR, ZMQ_XSUB, ZMQ_XPUB};
    size_t len = ENDPOINT_BYTES_MAX;
    if (!context) {
        context = zmq_ctx_new();
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 4096);
    }
    s->zmq = zmq_socket(context, types[kind]);
    if (!s->zmq)
        die("zmq_socket: %s", zmq_strerror(zmq_errno()));
    if (kind == K_PUB || kind == K_XPUB)
        set_int(s->zmq, ZMQ_XPUB_NODROP, 1);
    if (kind == K_PUSH && strncmp(endpoint, "inproc", 6) != 0)
        set_int(s->zmq, ZMQ_IMMEDIATE, 1);
    if (kind == K_SUB)
        zmq_setsockopt(s->zmq, ZMQ_SUBSCRIBE, "", 0);
    if (!connect)
        set_int(s->zmq, ZMQ_BACKLOG, 4096);
    curve_set(s->zmq, connect);
    if ((connect ? zmq_connect : zmq_bind)(s->zmq, endpoint) != 0)
        die("%s %s: %s", connect ? "zmq_connect" : "zmq_bind", endpoint,
            zmq_strerror(zmq_errno()));
    zmq_getsockopt(s->zmq, ZMQ_LAST_ENDPOINT, bound, &len);
}

static inline void sock_send(sock_t *s, size_t size) {
    zmq_msg_t m;
    if (zmq_msg_init_size(&m, size) != 0)
        die("zmq_msg_init_size: %s", zmq_strerror(zmq_errno()));
    if (zmq_msg_send(&m, s->zmq, 0) < 0)
        die("zmq_msg_send: %s", zmq_strerror(zmq_errno()));
}

static inline size_t sock_recv(sock_t *s) {
    zmq_msg_t m;
    zmq_msg_init(&m);
    int n = zmq_msg_recv(&m, s->zmq, 0);
    if (n < 0)
        die("zmq_msg_recv: %s", zmq_strerror(zmq_errno()));
    zmq_msg_close(&m);
    return (size_t)n;
}

// sock_echo passes all parts back, so that a ROUTER returns the routing id.
static inline void sock_echo(sock_t *s) {
    zmq_msg_t m;
    int more;
    do {
        zmq_msg_init(&m);
        if (zmq_msg_recv(&m, s->zmq, 0) < 0)
            die("zmq_msg_recv: %s", zmq_strerror(zmq_errno()));
        more = zmq_msg_more(&m);
        if (zmq_msg_send(&m, s->zmq, more ? ZMQ_SNDMORE : 0) < 0)
            die("zmq_msg_send: %s", zmq_strerror(zmq_errno()));
    } while (more);
}

#include "roles.h"

// try_recv returns the size of a message, or -1 if there is none. A socket
// must be emptied until it says so before its descriptor is waited for again.
static int try_recv(sock_t *s) {
    zmq_msg_t m;
    zmq_msg_init(&m);
    int n = zmq_msg_recv(&m, s->zmq, ZMQ_DONTWAIT);
    if (n < 0 && zmq_errno() != EAGAIN)
        die("zmq_msg_recv: %s", zmq_strerror(zmq_errno()));
    zmq_msg_close(&m);
    return n;
}

static int watch(sock_t *socks, int n) {
    int ep = epoll_create1(0);
    for (int i = 0; i < n; i++) {
        int fd;
        size_t len = sizeof fd;
        zmq_getsockopt(socks[i].zmq, ZMQ_FD, &fd, &len);
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0)
            die("epoll_ctl: %s", strerror(errno));
    }
    return ep;
}

enum { EVENTS_MAX = 256 };

// tally is what role_sub has counted.
typedef struct {
    size_t size; // of a timed message
    uint64_t got, start;
    int warm; // sockets that have received anything
} tally_t;

static void sub_drain(sock_t *s, tally_t *t) {
    int size;
    while ((size = try_recv(s)) >= 0) {
        if ((size_t)size == t->size && t->got++ == 0)
            t->start = now_ns();
        if (!s->warm) {
            s->warm = true;
            t->warm++;
        }
    }
}

static void role_sub(const args_t *a) {
    sock_t *socks = open_many(a->conns, K_SUB, a);
    struct epoll_event events[EVENTS_MAX];
    tally_t t = {.size = a->size};
    uint64_t expected = a->count * (uint64_t)a->conns, last = 0;
    int ep = watch(socks, a->conns), n;
    bool told = false;
    for (int i = 0; i < a->conns; i++)
        sub_drain(&socks[i], &t); // a socket signals only after it was seen empty
    while (t.got < expected) {
        if (!told && t.warm == a->conns && (told = true))
            print_ready("all");
        n = epoll_wait(ep, events, EVENTS_MAX, t.got ? SUB_IDLE_MS : -1);
        if (n == 0)
            break;
        for (int i = 0; i < n; i++)
            sub_drain(&socks[events[i].data.u32], &t);
        last = now_ns();
    }
    result_t r = {.command = "sub", .size = a->size, .conns = a->conns, .expected = expected,
                  .messages = t.got, .ns = last - t.start};
    finish(&r);
}

// role_dealer keeps one request of each client in flight.
static void role_dealer(const args_t *a) {
    static hist_t hist;
    sock_t *socks = open_many(a->conns, K_DEALER, a);
    struct epoll_event events[EVENTS_MAX];
    int ep = watch(socks, a->conns), n;
    for (int i = 0; i < a->conns; i++) { // untimed: every connection is up
        sock_send(&socks[i], a->size);
        sock_recv(&socks[i]);
        if (try_recv(&socks[i]) >= 0) // a socket signals only after it was seen empty
            die("dealer: two replies to one request");
    }
    uint64_t start = now_ns(), sent = 0, got = 0, last = start;
    for (int i = 0; i < a->conns && sent < a->count; i++, sent++) {
        socks[i].sent_ns = now_ns();
        sock_send(&socks[i], a->size);
    }
    while (got < a->count) {
        if ((n = epoll_wait(ep, events, EVENTS_MAX, -1)) < 0 && errno != EINTR)
            die("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
            sock_t *s = &socks[events[i].data.u32];
            while (try_recv(s) >= 0) {
                last = now_ns();
                hist_add(&hist, last - s->sent_ns);
                got++;
                if (sent == a->count)
                    continue;
                sent++;
                s->sent_ns = last;
                sock_send(s, a->size);
            }
        }
    }
    result_t r = {.command = "dealer", .size = a->size, .conns = a->conns, .expected = a->count,
                  .messages = got, .ns = last - start, .hist = &hist};
    finish(&r);
}

#include "family.h"

CURVE_ROLE(pull)
CURVE_ROLE(push)
CURVE_ROLE(rep)
CURVE_ROLE(req)

int main(int argc, char **argv) {
    static const command_t commands[] = {COMMON_ROLES,
                                         CURVE_ROLES,
                                         {"sub", role_sub},
                                         {"dealer", role_dealer},
                                         FAMILY_ROLES,
                                         {NULL, NULL}};
    char version[64];
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    snprintf(version, sizeof version, "libzmq %d.%d.%d", major, minor, patch);
    return dispatch(version, commands, argc, argv);
}
