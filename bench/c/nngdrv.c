// SPDX-License-Identifier: MPL-2.0
//
// Driver for nng: gcc -O2 -o nngdrv nngdrv.c -lnng -lpthread
//
// nng has no ROUTER and DEALER: its nearest forms are a raw REP socket, which
// returns the request's header with the reply, and one REQ socket per client.

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include "driver.h"
#include "kind.h"

enum { PUB_QUEUE_MSGS = 8192 }; // nng's own upper limit; PUB drops beyond it

typedef struct {
    nng_socket nng;
    nng_aio *aio;
    uint64_t sent_ns; // by the dealer
    bool warm;        // by the subscriber
    bool receiving;   // by the dealer
} sock_t;

static void must(int rv, const char *what) {
    if (rv != 0)
        die("%s: %s", what, nng_strerror(rv));
}

static int open_raw_or_not(sock_t *s, enum kind kind) {
    switch (kind) {
    case K_PUSH:
        return nng_push0_open(&s->nng);
    case K_PULL:
        return nng_pull0_open(&s->nng);
    case K_REQ:
    case K_DEALER:
        return nng_req0_open(&s->nng);
    case K_REP:
        return nng_rep0_open(&s->nng);
    case K_ROUTER:
        return nng_rep0_open_raw(&s->nng);
    case K_PUB:
        return nng_pub0_open(&s->nng);
    case K_SUB:
        return nng_sub0_open(&s->nng);
    }
    return NNG_ENOTSUP;
}

static void sock_start(sock_t *s, const char *endpoint, bool connect,
                       char bound[ENDPOINT_BYTES_MAX]) {
    nng_listener l;
    int port;
    snprintf(bound, ENDPOINT_BYTES_MAX, "%s", endpoint);
    must(nng_socket_set_size(s->nng, NNG_OPT_RECVMAXSZ, 0), "recv-size-max");
    if (connect) {
        must(nng_dial(s->nng, endpoint, NULL, 0), "nng_dial");
        return;
    }
    must(nng_listen(s->nng, endpoint, &l, 0), "nng_listen");
    if (nng_listener_get_int(l, NNG_OPT_TCP_BOUND_PORT, &port) == 0)
        snprintf(bound, ENDPOINT_BYTES_MAX, "tcp://127.0.0.1:%d", port);
}

static void sock_open(sock_t *s, enum kind kind, const char *endpoint, bool connect,
                      char bound[ENDPOINT_BYTES_MAX]) {
    must(open_raw_or_not(s, kind), "open");
    if (kind == K_PUB)
        must(nng_socket_set_int(s->nng, NNG_OPT_SENDBUF, PUB_QUEUE_MSGS), "send-buffer");
    if (kind == K_SUB) {
        must(nng_socket_set_int(s->nng, NNG_OPT_RECVBUF, PUB_QUEUE_MSGS), "recv-buffer");
        must(nng_socket_set(s->nng, NNG_OPT_SUB_SUBSCRIBE, "", 0), "subscribe");
    }
    sock_start(s, endpoint, connect, bound);
}

static nng_msg *new_msg(size_t size) {
    nng_msg *m;
    must(nng_msg_alloc(&m, size), "nng_msg_alloc");
    return m;
}

static inline void sock_send(sock_t *s, size_t size) {
    must(nng_sendmsg(s->nng, new_msg(size), 0), "nng_sendmsg");
}

static inline size_t sock_recv(sock_t *s) {
    nng_msg *m;
    must(nng_recvmsg(s->nng, &m, 0), "nng_recvmsg");
    size_t n = nng_msg_len(m);
    nng_msg_free(m);
    return n;
}

static inline void sock_echo(sock_t *s) {
    nng_msg *m;
    must(nng_recvmsg(s->nng, &m, 0), "nng_recvmsg");
    must(nng_sendmsg(s->nng, m, 0), "nng_sendmsg");
}

#include "roles.h"

// State of the callbacks of role_sub and role_dealer, which run on nng's own
// threads, under lock.
static struct {
    pthread_mutex_t lock;
    pthread_cond_t done;
    const args_t *args;
    uint64_t expected, sent, got, start, last;
    int warm;
    hist_t hist;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

static void sub_received(void *arg) {
    sock_t *s = arg;
    if (nng_aio_result(s->aio) != 0)
        return;
    nng_msg *m = nng_aio_get_msg(s->aio);
    bool timed = nng_msg_len(m) == shared.args->size;
    nng_msg_free(m);
    pthread_mutex_lock(&shared.lock);
    if (timed) {
        shared.last = now_ns();
        if (shared.got++ == 0)
            shared.start = shared.last;
        if (shared.got == shared.expected)
            pthread_cond_signal(&shared.done);
    }
    if (!s->warm && (s->warm = true) && ++shared.warm == shared.args->conns)
        print_ready("all");
    pthread_mutex_unlock(&shared.lock);
    nng_recv_aio(s->nng, s->aio);
}

static void role_sub(const args_t *a) {
    shared.args = a;
    shared.expected = a->count * (uint64_t)a->conns;
    sock_t *socks = open_many(a->conns, K_SUB, a);
    for (int i = 0; i < a->conns; i++) {
        must(nng_aio_alloc(&socks[i].aio, sub_received, &socks[i]), "nng_aio_alloc");
        nng_recv_aio(socks[i].nng, socks[i].aio);
    }
    pthread_mutex_lock(&shared.lock);
    while (shared.got < shared.expected) {
        struct timespec until;
        uint64_t before = shared.got;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SUB_IDLE_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        int rv = pthread_cond_timedwait(&shared.done, &shared.lock, &until);
        if (rv == ETIMEDOUT && before > 0 && before == shared.got)
            break;
    }
    result_t r = {.command = "sub", .size = a->size, .conns = a->conns,
                  .expected = shared.expected, .messages = shared.got,
                  .ns = shared.last - shared.start};
    finish(&r);
}

static void dealer_send(sock_t *s) {
    nng_aio_set_msg(s->aio, new_msg(shared.args->size));
    s->receiving = false;
    s->sent_ns = now_ns();
    nng_send_aio(s->nng, s->aio);
}

// dealer_step runs after a send and after a receive of one client in turn.
static void dealer_step(void *arg) {
    sock_t *s = arg;
    must(nng_aio_result(s->aio), "aio");
    if (!s->receiving) {
        s->receiving = true;
        nng_recv_aio(s->nng, s->aio);
        return;
    }
    nng_msg_free(nng_aio_get_msg(s->aio));
    pthread_mutex_lock(&shared.lock);
    shared.last = now_ns();
    hist_add(&shared.hist, shared.last - s->sent_ns);
    bool more = shared.sent < shared.expected;
    shared.sent += more;
    if (++shared.got == shared.expected)
        pthread_cond_signal(&shared.done);
    pthread_mutex_unlock(&shared.lock);
    if (more)
        dealer_send(s);
}

static void role_dealer(const args_t *a) {
    shared.args = a;
    shared.expected = a->count;
    sock_t *socks = open_many(a->conns, K_DEALER, a);
    for (int i = 0; i < a->conns; i++) {
        must(nng_aio_alloc(&socks[i].aio, dealer_step, &socks[i]), "nng_aio_alloc");
        sock_send(&socks[i], a->size);
        sock_recv(&socks[i]);
    }
    pthread_mutex_lock(&shared.lock);
    shared.start = now_ns();
    int first = a->count < (uint64_t)a->conns ? (int)a->count : a->conns;
    shared.sent = (uint64_t)first;
    pthread_mutex_unlock(&shared.lock);
    for (int i = 0; i < first; i++)
        dealer_send(&socks[i]);
    pthread_mutex_lock(&shared.lock);
    while (shared.got < shared.expected)
        pthread_cond_wait(&shared.done, &shared.lock);
    result_t r = {.command = "dealer", .size = a->size, .conns = a->conns,
                  .expected = a->count, .messages = shared.got,
                  .ns = shared.last - shared.start, .hist = &shared.hist};
    finish(&r);
}

static void role_proxy(const args_t *a) {
    char both[2 * ENDPOINT_BYTES_MAX + 1], back_bound[ENDPOINT_BYTES_MAX];
    sock_t front, back;
    must(nng_pull0_open_raw(&front.nng), "open");
    must(nng_push0_open_raw(&back.nng), "open");
    sock_start(&front, a->endpoint, false, both);
    sock_start(&back, a->back, false, back_bound);
    strcat(strcat(both, " "), back_bound);
    live_until_eof("proxy");
    print_ready(both);
    must(nng_device(front.nng, back.nng), "nng_device");
}

int main(int argc, char **argv) {
    static const command_t commands[] = {COMMON_ROLES,
                                         {"sub", role_sub},
                                         {"dealer", role_dealer},
                                         {"proxy", role_proxy},
                                         {NULL, NULL}};
    char version[64];
    snprintf(version, sizeof version, "nng %s", nng_version());
    return dispatch(version, commands, argc, argv);
}
