// SPDX-License-Identifier: MPL-2.0
//
// The roles that are the same for every message library. A driver defines,
// before it includes this file,
//
//   sock_t                                   one socket
//   void   sock_open(sock_t *, enum kind, const char *endpoint, bool connect,
//                    char bound[ENDPOINT_BYTES_MAX])
//   void   sock_send(sock_t *, size_t size)  a fresh message, contents undefined
//   size_t sock_recv(sock_t *)               returns the size, frees the message
//   void   sock_echo(sock_t *)               receives one and sends it back
//
// and ends the process with die() on failure. A socket is used by one thread.

#ifndef BENCH_ROLES_H
#define BENCH_ROLES_H

static sock_t *open_many(int n, enum kind kind, const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX];
    sock_t *socks = calloc((size_t)n, sizeof *socks);
    if (!socks)
        die("out of memory");
    for (int i = 0; i < n; i++)
        sock_open(&socks[i], kind, a->endpoint, true, bound);
    return socks;
}

// receive_timed takes one untimed message per connection and then times count
// messages.
static void receive_timed(sock_t *s, const char *command, const args_t *a) {
    uint64_t expected = a->count;
    for (int i = 0; i < a->conns; i++)
        sock_recv(s);
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < expected; i++)
        if (sock_recv(s) != a->size)
            die("%s: a message of the wrong size arrived", command);
    result_t r = {.command = command, .size = a->size, .conns = a->conns, .expected = expected,
                  .messages = expected, .ns = now_ns() - start};
    finish(&r);
}

static void role_pull(const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX];
    sock_t s;
    sock_open(&s, K_PULL, a->endpoint, a->connect, bound);
    print_ready(bound);
    receive_timed(&s, "pull", a);
}

// send_all sends one message per socket, which shows that each is connected,
// and then count messages in turn.
static void send_all(sock_t *socks, const args_t *a) {
    for (int i = 0; i < a->conns; i++)
        sock_send(&socks[i], a->size);
    if (a->conns == 1) {
        for (uint64_t i = 0; i < a->count; i++)
            sock_send(&socks[0], a->size);
        return;
    }
    int at = 0;
    for (uint64_t i = 0; i < a->count; i++) {
        sock_send(&socks[at], a->size);
        if (++at == a->conns)
            at = 0;
    }
}

static void role_push(const args_t *a) {
    live_until_eof("push");
    send_all(open_many(a->conns, K_PUSH, a), a);
    sleep_forever();
}

static void serve(const char *command, enum kind kind, const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX];
    sock_t s;
    sock_open(&s, kind, a->endpoint, a->connect, bound);
    live_until_eof(command);
    print_ready(bound);
    for (;;)
        sock_echo(&s);
}

static void role_rep(const args_t *a) { serve("rep", K_REP, a); }

static void role_router(const args_t *a) { serve("router", K_ROUTER, a); }

static void round_trips(sock_t *s, const char *command, const args_t *a) {
    static hist_t hist;
    for (int i = 0; i < WARMUP_ROUNDTRIPS; i++) {
        sock_send(s, a->size);
        sock_recv(s);
    }
    uint64_t start = now_ns(), last = start;
    for (uint64_t i = 0; i < a->count; i++) {
        sock_send(s, a->size);
        if (sock_recv(s) != a->size)
            die("%s: a message of the wrong size arrived", command);
        uint64_t t = now_ns();
        hist_add(&hist, t - last);
        last = t;
    }
    result_t r = {.command = command, .size = a->size, .conns = 1, .expected = a->count,
                  .messages = a->count, .ns = last - start, .hist = &hist};
    finish(&r);
}

static void role_req(const args_t *a) { round_trips(open_many(1, K_REQ, a), "req", a); }

// role_pub sends warm-up messages, one byte longer than the timed ones, until
// the go-ahead: then every subscriber is known to be connected and subscribed.
static void role_pub(const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX];
    sock_t s;
    sock_open(&s, K_PUB, a->endpoint, a->connect, bound);
    live_until_eof("pub");
    print_ready(bound);
    int period_ms = a->conns * WARMUP_PERIOD_US / 1000;
    while (!go_given) {
        sock_send(&s, a->size + 1);
        sleep_ms(period_ms > WARMUP_PERIOD_MS_MIN ? period_ms : WARMUP_PERIOD_MS_MIN);
    }
    for (uint64_t i = 0; i < a->count; i++)
        sock_send(&s, a->size);
    sleep_forever();
}

static const args_t *inproc_args;

static void *inproc_push(void *unused) {
    (void)unused;
    send_all(open_many(1, K_PUSH, inproc_args), inproc_args);
    return NULL;
}

static void *inproc_rep(void *s) {
    for (;;)
        sock_echo(s);
    return NULL;
}

static void inproc_start(void *(*run)(void *), void *arg) {
    pthread_t t;
    if (pthread_create(&t, NULL, run, arg) != 0)
        die("cannot start a thread");
}

static void role_inproc_thr(const args_t *arg) {
    char bound[ENDPOINT_BYTES_MAX];
    static args_t a;
    sock_t s;
    a = *arg;
    a.endpoint = "inproc://thr";
    inproc_args = &a;
    sock_open(&s, K_PULL, a.endpoint, false, bound);
    inproc_start(inproc_push, NULL);
    receive_timed(&s, "inproc-thr", &a);
}

static void role_inproc_lat(const args_t *arg) {
    char bound[ENDPOINT_BYTES_MAX];
    static sock_t server;
    args_t a = *arg;
    a.endpoint = "inproc://lat";
    sock_open(&server, K_REP, a.endpoint, false, bound);
    inproc_start(inproc_rep, &server);
    round_trips(open_many(1, K_REQ, &a), "inproc-lat", &a);
}

#define COMMON_ROLES                                                                     \
    {"pull", role_pull}, {"push", role_push}, {"rep", role_rep}, {"req", role_req},      \
        {"pub", role_pub}, {"router", role_router}, {"inproc-thr", role_inproc_thr},     \
        {"inproc-lat", role_inproc_lat}

#endif
