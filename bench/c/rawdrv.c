// SPDX-License-Identifier: MPL-2.0
//
// The floor: the same work over bare stream sockets, without messages.
// Throughput writes and reads batches of BATCH_BYTES; latency is a blocking
// ping-pong of whole messages. gcc -O2 -o rawdrv rawdrv.c -lpthread

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "driver.h"

enum { BATCH_BYTES = 64 * 1024, EVENTS_MAX = 256, BACKLOG = 4096 };

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
} addr_t;

static socklen_t parse_endpoint(const char *endpoint, addr_t *a) {
    memset(a, 0, sizeof *a);
    if (strncmp(endpoint, "ipc://", 6) == 0) {
        if (strlen(endpoint + 6) >= sizeof a->un.sun_path)
            die("path too long");
        a->un.sun_family = AF_UNIX;
        strcpy(a->un.sun_path, endpoint + 6);
        return sizeof a->un;
    }
    const char *colon = strrchr(endpoint, ':');
    if (strncmp(endpoint, "tcp://127.0.0.1:", 16) != 0)
        die("not a loopback endpoint: %s", endpoint);
    a->in.sin_family = AF_INET;
    a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a->in.sin_port = htons((uint16_t)parse_number(colon + 1));
    return sizeof a->in;
}

static int tune(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); // fails on AF_UNIX: no matter
    return fd;
}

static int listen_on(const char *endpoint, char *bound) {
    addr_t a;
    socklen_t len = parse_endpoint(endpoint, &a);
    int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, &a.any, len) != 0 || listen(fd, BACKLOG) != 0)
        die("listen %s: %s", endpoint, strerror(errno));
    strcpy(bound, endpoint);
    if (a.any.sa_family == AF_INET) {
        getsockname(fd, &a.any, &len);
        sprintf(bound, "tcp://127.0.0.1:%d", ntohs(a.in.sin_port));
    }
    return fd;
}

static int accept_one(int listener) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        die("accept: %s", strerror(errno));
    return tune(fd);
}

static int dial(const char *endpoint) {
    addr_t a;
    socklen_t len = parse_endpoint(endpoint, &a);
    int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &a.any, len) != 0)
        die("connect %s: %s", endpoint, strerror(errno));
    return tune(fd);
}

static int *dial_many(const args_t *a) {
    int *fds = calloc((size_t)a->conns, sizeof *fds);
    if (!fds)
        die("out of memory");
    for (int i = 0; i < a->conns; i++)
        fds[i] = dial(a->endpoint);
    return fds;
}

static char *buffer(size_t size) {
    char *b = calloc(1, size);
    if (!b)
        die("out of memory");
    return b;
}

static void write_full(int fd, const char *b, size_t n) {
    while (n > 0) {
        ssize_t w = write(fd, b, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            die("write: %s", strerror(errno));
        b += w;
        n -= (size_t)w;
    }
}

// read_full returns false if the connection ended before the first byte.
static bool read_full(int fd, char *b, size_t n) {
    size_t at = 0;
    while (at < n) {
        ssize_t r = read(fd, b + at, n - at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            die("read: %s", strerror(errno));
        if (r == 0)
            return false;
        at += (size_t)r;
    }
    return true;
}

static void watch(int ep, int fd) {
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

static int wait_events(int ep, struct epoll_event *events, int timeout_ms) {
    int n;
    do
        n = epoll_wait(ep, events, EVENTS_MAX, timeout_ms);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        die("epoll_wait: %s", strerror(errno));
    return n;
}

// drain counts bytes from the watched connections: the clock starts when more
// than untimed bytes are in and stops at untimed plus timed.
static uint64_t drain(int ep, uint64_t untimed, uint64_t timed) {
    struct epoll_event events[EVENTS_MAX];
    char *b = buffer(4 * BATCH_BYTES);
    uint64_t got = 0, start = 0;
    while (got < untimed + timed) {
        int n = wait_events(ep, events, -1);
        for (int i = 0; i < n; i++) {
            ssize_t r = read(events[i].data.fd, b, 4 * BATCH_BYTES);
            if (r <= 0)
                die("read: %s", r == 0 ? "connection ended" : strerror(errno));
            got += (uint64_t)r;
            if (!start && got >= untimed)
                start = now_ns();
        }
    }
    return now_ns() - start;
}

static void report(const char *command, const args_t *a, uint64_t messages, uint64_t ns,
                   const hist_t *hist) {
    result_t r = {.command = command, .size = a->size, .conns = a->conns, .expected = messages,
                  .messages = messages, .ns = ns, .hist = hist};
    finish(&r);
}

static void role_pull(const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX];
    int ep = epoll_create1(0);
    if (a->connect) {
        watch(ep, dial(a->endpoint));
        print_ready(a->endpoint);
    } else {
        int l = listen_on(a->endpoint, bound);
        print_ready(bound);
        for (int i = 0; i < a->conns; i++)
            watch(ep, accept_one(l));
    }
    uint64_t ns = drain(ep, (uint64_t)a->conns * a->size, a->count * a->size);
    report("pull", a, a->count, ns, NULL);
}

// send_batches writes count messages to each of n connections in turn; shared
// says that every connection gets its own share and not all of them.
static void send_batches(const int *fds, int n, const args_t *a, bool share) {
    uint64_t batch = a->size < BATCH_BYTES ? BATCH_BYTES / a->size : 1;
    char *b = buffer(batch * a->size);
    for (uint64_t sent = 0; sent < a->count;) {
        uint64_t k = a->count - sent < batch ? a->count - sent : batch;
        for (int i = 0; i < n && k > 0; i++) {
            write_full(fds[i], b, k * a->size);
            if (!share)
                continue;
            sent += k;
            if (a->count - sent < k)
                k = a->count - sent;
        }
        if (!share)
            sent += k;
    }
}

static void role_push(const args_t *a) {
    live_until_eof("push");
    int *fds = dial_many(a);
    char *b = buffer(a->size);
    for (int i = 0; i < a->conns; i++)
        write_full(fds[i], b, a->size);
    send_batches(fds, a->conns, a, true);
    sleep_forever();
}

// echo_all accepts and echoes whole messages until the process ends.
static void echo_all(const char *command, const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX], *b = buffer(a->size);
    struct epoll_event events[EVENTS_MAX];
    int ep = epoll_create1(0), l = listen_on(a->endpoint, bound);
    watch(ep, l);
    live_until_eof(command);
    print_ready(bound);
    for (;;) {
        int n = wait_events(ep, events, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == l)
                watch(ep, accept_one(l));
            else if (read_full(fd, b, a->size))
                write_full(fd, b, a->size);
            else
                close(fd);
        }
    }
}

static void role_rep(const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX], *b = buffer(a->size);
    int l = listen_on(a->endpoint, bound);
    live_until_eof("rep");
    print_ready(bound);
    int fd = accept_one(l);
    while (read_full(fd, b, a->size))
        write_full(fd, b, a->size);
    sleep_forever();
}

static void role_router(const args_t *a) { echo_all("router", a); }

static void round_trip(int fd, char *b, size_t size) {
    write_full(fd, b, size);
    if (!read_full(fd, b, size))
        die("connection ended");
}

static void role_req(const args_t *a) {
    static hist_t hist;
    int fd = dial(a->endpoint);
    char *b = buffer(a->size);
    for (int i = 0; i < WARMUP_ROUNDTRIPS; i++)
        round_trip(fd, b, a->size);
    uint64_t start = now_ns(), last = start;
    for (uint64_t i = 0; i < a->count; i++) {
        round_trip(fd, b, a->size);
        uint64_t t = now_ns();
        hist_add(&hist, t - last);
        last = t;
    }
    report("req", a, a->count, last - start, &hist);
}

static void role_dealer(const args_t *a) {
    static hist_t hist;
    int *fds = dial_many(a), ep = epoll_create1(0);
    uint64_t *sent_ns = calloc(1u << 16, sizeof *sent_ns); // by descriptor
    char *b = buffer(a->size);
    struct epoll_event events[EVENTS_MAX];
    for (int i = 0; i < a->conns; i++) {
        round_trip(fds[i], b, a->size);
        watch(ep, fds[i]);
    }
    uint64_t start = now_ns(), last = start, sent = 0, got = 0;
    for (int i = 0; i < a->conns && sent < a->count; i++, sent++) {
        sent_ns[fds[i]] = now_ns();
        write_full(fds[i], b, a->size);
    }
    while (got < a->count) {
        int n = wait_events(ep, events, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (!read_full(fd, b, a->size))
                die("connection ended");
            last = now_ns();
            hist_add(&hist, last - sent_ns[fd]);
            got++;
            if (sent == a->count)
                continue;
            sent++;
            sent_ns[fd] = last;
            write_full(fd, b, a->size);
        }
    }
    report("dealer", a, got, last - start, &hist);
}

static void role_pub(const args_t *a) {
    char bound[ENDPOINT_BYTES_MAX], *b = buffer(a->size);
    int *fds = calloc((size_t)a->conns, sizeof *fds), l = listen_on(a->endpoint, bound);
    live_until_eof("pub");
    print_ready(bound);
    for (int i = 0; i < a->conns; i++)
        write_full(fds[i] = accept_one(l), b, a->size);
    while (!go_given)
        sleep_ms(1);
    send_batches(fds, a->conns, a, false);
    sleep_forever();
}

static void role_sub(const args_t *a) {
    int *fds = dial_many(a), ep = epoll_create1(0);
    char *b = buffer(a->size);
    for (int i = 0; i < a->conns; i++) {
        if (!read_full(fds[i], b, a->size))
            die("connection ended");
        watch(ep, fds[i]);
    }
    print_ready("all");
    uint64_t all = a->count * (uint64_t)a->conns;
    uint64_t ns = drain(ep, 1, all * a->size - 1);
    report("sub", a, all, ns, NULL);
}

static void role_proxy(const args_t *a) {
    char both[2 * ENDPOINT_BYTES_MAX + 1], back_bound[ENDPOINT_BYTES_MAX];
    char *b = buffer(4 * BATCH_BYTES);
    int front = listen_on(a->endpoint, both), back = listen_on(a->back, back_bound);
    ssize_t n;
    strcat(strcat(both, " "), back_bound);
    live_until_eof("proxy");
    print_ready(both);
    int to = accept_one(back), from = accept_one(front);
    while ((n = read(from, b, 4 * BATCH_BYTES)) > 0)
        write_full(to, b, (size_t)n);
    sleep_forever();
}

int main(int argc, char **argv) {
    static const command_t commands[] = {
        {"pull", role_pull}, {"push", role_push},     {"rep", role_rep},
        {"req", role_req},   {"pub", role_pub},       {"sub", role_sub},
        {"router", role_router}, {"dealer", role_dealer}, {"proxy", role_proxy},
        {NULL, NULL}};
    return dispatch("kernel sockets, C", commands, argc, argv);
}
