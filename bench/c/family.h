// SPDX-License-Identifier: MPL-2.0
//
// What only a driver of ZeroMQ can do; the Go half stands in internal/peer,
// where each role is described.

#ifndef BENCH_FAMILY_H
#define BENCH_FAMILY_H

#include <dirent.h>
#include <sys/prctl.h>

static void run_proxy(const char *command, enum kind front_kind, enum kind back_kind,
                      const args_t *a) {
    char both[2 * ENDPOINT_BYTES_MAX + 1], back_bound[ENDPOINT_BYTES_MAX];
    sock_t front, back;
    sock_open(&front, front_kind, a->endpoint, false, both);
    sock_open(&back, back_kind, a->back, false, back_bound);
    strcat(strcat(both, " "), back_bound);
    live_until_eof(command);
    print_ready(both);
    zmq_proxy(front.zmq, back.zmq, NULL);
    die("zmq_proxy: %s", zmq_strerror(zmq_errno()));
}

static void role_proxy(const args_t *a) { run_proxy("proxy", K_PULL, K_PUSH, a); }

static void role_pub_proxy(const args_t *a) { run_proxy("pub-proxy", K_XSUB, K_XPUB, a); }

static void role_call_proxy(const args_t *a) { run_proxy("call-proxy", K_ROUTER, K_DEALER, a); }

static void role_pair_serve(const args_t *a) { serve("pair-serve", K_PAIR, a); }

static void role_pair(const args_t *a) { round_trips(open_many(1, K_PAIR, a), "pair", a); }

static void role_inproc_pair(const args_t *arg) {
    char bound[ENDPOINT_BYTES_MAX];
    static sock_t server;
    args_t a = *arg;
    a.endpoint = "inproc://pair";
    sock_open(&server, K_PAIR, a.endpoint, false, bound);
    inproc_start(inproc_rep, &server);
    round_trips(open_many(1, K_PAIR, &a), "inproc-pair", &a);
}

// ---- a fixed rate; conns is messages per second ---------------------------

static void role_rate_push(const args_t *a) {
    live_until_eof("rate-push");
    sock_t *s = open_many(1, K_PUSH, a);
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    uint64_t start = now_ns();
    double period = 1e9 / a->conns;
    for (uint64_t i = 0; i < a->count; i++) {
        uint64_t due = start + (uint64_t)((double)i * period);
        struct timespec t = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
        zmq_msg_t m;
        if (now_ns() < due)
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
            }
        if (a->size < sizeof due || zmq_msg_init_size(&m, a->size) != 0)
            die("rate-push: no message of %zu bytes", a->size);
        memcpy(zmq_msg_data(&m), &due, sizeof due);
        if (zmq_msg_send(&m, s->zmq, 0) < 0)
            die("zmq_msg_send: %s", zmq_strerror(zmq_errno()));
    }
    sleep_forever();
}

static void role_rate_pull(const args_t *a) {
    static hist_t hist;
    char bound[ENDPOINT_BYTES_MAX];
    sock_t s;
    uint64_t start = 0, now = 0, due;
    sock_open(&s, K_PULL, a->endpoint, a->connect, bound);
    print_ready(bound);
    for (uint64_t i = 0; i < a->count; i++) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        if (zmq_msg_recv(&m, s.zmq, 0) != (int)a->size || a->size < sizeof due)
            die("rate-pull: a message of the wrong size arrived");
        now = now_ns();
        memcpy(&due, zmq_msg_data(&m), sizeof due);
        zmq_msg_close(&m);
        if (i == 0)
            start = now;
        hist_add(&hist, now - due);
    }
    result_t r = {.command = "rate-pull", .size = a->size, .conns = a->conns, .expected = a->count,
                  .messages = a->count, .ns = now - start, .hist = &hist};
    finish(&r);
}

// ---- idle connections ------------------------------------------------------

enum { IDLE_SETTLE_MS = 3000, IDLE_WATCH_MS = 2000, IDLE_BURST = 100 };

static long status_number(const char *path, const char *key) {
    char line[256];
    long v = 0;
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0) {
            v = atol(line + strlen(key));
            break;
        }
    if (f)
        fclose(f);
    return v;
}

static long wakeups(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_nvcsw;
}

static int descriptors(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static void role_idle_server(const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX];
    sock_t s;
    sock_open(&s, K_PULL, a->endpoint, a->connect, bound);
    long before = status_number("/proc/self/status", "VmRSS:");
    print_ready(bound);
    uint64_t start = now_ns();
    while (descriptors() < a->conns)
        sleep_ms(200);
    for (int i = 0; i < a->conns; i++)
        sock_recv(&s);
    uint64_t ns = now_ns() - start;
    sleep_ms(IDLE_SETTLE_MS);
    long woken = wakeups();
    sleep_ms(IDLE_WATCH_MS);
    woken = wakeups() - woken;
    long after = status_number("/proc/self/status", "VmRSS:");
    result_t r = {.command = "idle-server", .size = a->size, .conns = a->conns,
                  .expected = (uint64_t)a->conns, .messages = (uint64_t)a->conns, .ns = ns,
                  .idle = true, .bytes_per_conn = (double)(after - before) * 1024 / a->conns,
                  .wakeups_per_s = (double)woken * 1000 / IDLE_WATCH_MS};
    finish(&r);
}

static void role_idle_client(const args_t *a) {
    live_until_eof("idle-client");
    sock_t *s = open_many(1, K_PUSH, a);
    for (int i = 1; i < a->conns; i++) {
        if (zmq_connect(s->zmq, a->endpoint) != 0)
            die("zmq_connect: %s", zmq_strerror(zmq_errno()));
        if (i % IDLE_BURST == 0)
            sleep_ms(10); // a server bounds the handshakes that it has at a time
    }
    while (descriptors() < a->conns)
        sleep_ms(200);
    sleep_ms(IDLE_SETTLE_MS / 3); // the last handshakes
    for (int i = 0; i < a->conns; i++)
        sock_send(s, a->size);
    sleep_forever();
}

// ---- subscriptions; conns is how many --------------------------------------

enum { TOPIC_BYTES = 20, TOPIC_BATCH = 100 };

// make_topic makes the same topics as the Go half.
static void make_topic(unsigned char *b, uint32_t i) {
    uint64_t x = (uint64_t)i * 0x9E3779B97F4A7C15u + 1;
    for (int at = 0; at < TOPIC_BYTES - 4; at += 8) {
        for (int k = 0; k < 8; k++)
            b[at + k] = (unsigned char)(x >> (56 - 8 * k));
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    for (int k = 0; k < 4; k++)
        b[TOPIC_BYTES - 4 + k] = (unsigned char)(i >> (24 - 8 * k));
}

static void topics_batch(sock_t *pub, sock_t *sub, const args_t *a, uint64_t from, int n) {
    for (int i = 0; i < n; i++) {
        zmq_msg_t m;
        zmq_msg_init_size(&m, TOPIC_BYTES);
        make_topic(zmq_msg_data(&m), (uint32_t)((from + (uint64_t)i) * 2654435761u % (uint64_t)a->conns));
        if (zmq_msg_send(&m, pub->zmq, 0) < 0)
            die("zmq_msg_send: %s", zmq_strerror(zmq_errno()));
    }
    for (int i = 0; i < n; i++)
        sock_recv(sub);
}

static void topics_open(sock_t *s, int type) {
    if (!context)
        context = zmq_ctx_new();
    if (!(s->zmq = zmq_socket(context, type)))
        die("zmq_socket: %s", zmq_strerror(zmq_errno()));
    set_int(s->zmq, ZMQ_SNDHWM, 0);
    set_int(s->zmq, ZMQ_RCVHWM, 0);
}

static void role_topics(const args_t *a) {
    sock_t pub, sub;
    unsigned char topic[TOPIC_BYTES];
    topics_open(&pub, ZMQ_PUB);
    topics_open(&sub, ZMQ_SUB);
    if (zmq_bind(pub.zmq, "inproc://topics") != 0 || zmq_connect(sub.zmq, "inproc://topics") != 0)
        die("topics: %s", zmq_strerror(zmq_errno()));
    for (int i = 0; i < a->conns; i++) {
        make_topic(topic, (uint32_t)i);
        if (zmq_setsockopt(sub.zmq, ZMQ_SUBSCRIBE, topic, sizeof topic) != 0)
            die("ZMQ_SUBSCRIBE: %s", zmq_strerror(zmq_errno()));
    }
    topics_batch(&pub, &sub, a, 0, TOPIC_BATCH);
    uint64_t start = now_ns();
    for (uint64_t done = 0; done < a->count; done += TOPIC_BATCH)
        topics_batch(&pub, &sub, a, done,
                     a->count - done < TOPIC_BATCH ? (int)(a->count - done) : TOPIC_BATCH);
    result_t r = {.command = "topics", .size = a->size, .conns = a->conns, .expected = a->count,
                  .messages = a->count, .ns = now_ns() - start};
    finish(&r);
}

#define FAMILY_ROLES                                                                     \
    {"proxy", role_proxy}, {"pub-proxy", role_pub_proxy}, {"call-proxy", role_call_proxy}, \
        {"pair-serve", role_pair_serve}, {"pair", role_pair},                            \
        {"inproc-pair", role_inproc_pair}, {"rate-push", role_rate_push},                \
        {"rate-pull", role_rate_pull}, {"idle-server", role_idle_server},                \
        {"idle-client", role_idle_client}, {"topics", role_topics}

#endif
