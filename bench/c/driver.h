// SPDX-License-Identifier: MPL-2.0
//
// What every C driver of the comparison needs: clock, histogram, the READY
// and result lines, and the rule that a helper process lives until its
// standard input ends. The command-line grammar is described in
// bench/README.md; bench/internal/wire is the Go half of the same grammar.

#ifndef BENCH_DRIVER_H
#define BENCH_DRIVER_H

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    ENDPOINT_BYTES_MAX = 512,
    WARMUP_ROUNDTRIPS = 10,
    // Between a publisher's warm-up messages, per connection and at least: they
    // must not fill the queues of a slow library.
    WARMUP_PERIOD_US = 200,
    WARMUP_PERIOD_MS_MIN = 10,
    SUB_IDLE_MS = 500,     // a subscriber gives up on lost messages after this
};

// die reports a failure on standard error and ends the process with status 1.
static void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    fflush(stderr);
    _exit(1);
}

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_ms(int ms) {
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000L};
    nanosleep(&t, NULL);
}

// ---- histogram -----------------------------------------------------------
//
// Buckets are logarithmic with HIST_SUB linear steps in each power of two, so
// a quantile is at most 1/HIST_SUB (1.6 %) above the true value. Not
// thread-safe: callers with several threads hold their own lock.

enum { HIST_SUB_BITS = 6, HIST_SUB = 1 << HIST_SUB_BITS, HIST_LEN = 64 * HIST_SUB };

typedef struct {
    uint64_t counts[HIST_LEN];
    uint64_t total, max;
    double sum;
} hist_t;

static inline size_t hist_index(uint64_t v) {
    if (v < HIST_SUB)
        return (size_t)v;
    int shift = 63 - __builtin_clzll(v) - HIST_SUB_BITS;
    return (size_t)(shift + 1) * HIST_SUB + (size_t)((v >> shift) & (HIST_SUB - 1));
}

// hist_upper is the largest value that falls into bucket i.
static inline uint64_t hist_upper(size_t i) {
    if (i < HIST_SUB)
        return i;
    int shift = (int)(i / HIST_SUB) - 1;
    return ((((uint64_t)HIST_SUB + i % HIST_SUB) + 1) << shift) - 1;
}

static inline void hist_add(hist_t *h, uint64_t v) {
    h->counts[hist_index(v)]++;
    h->total++;
    h->sum += (double)v;
    if (v > h->max)
        h->max = v;
}

static uint64_t hist_quantile(const hist_t *h, double q) {
    uint64_t need = (uint64_t)(q * (double)h->total + 0.999999);
    uint64_t seen = 0;
    if (need == 0)
        need = 1;
    for (size_t i = 0; i < HIST_LEN; i++) {
        seen += h->counts[i];
        if (seen >= need)
            return hist_upper(i) < h->max ? hist_upper(i) : h->max;
    }
    return h->max;
}

// ---- output --------------------------------------------------------------

// rss_kb is the peak resident memory of this program image in KiB. VmHWM is
// preferred: ru_maxrss is inherited over exec from the program that started us.
static long rss_kb(void) {
    char line[256];
    long kb = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    if (kb < 0) {
        struct rusage u;
        getrusage(RUSAGE_SELF, &u);
        kb = u.ru_maxrss;
    }
    return kb;
}

static void print_ready(const char *endpoints) {
    printf("READY %s\n", endpoints);
    fflush(stdout);
}

typedef struct {
    const char *command;
    size_t size;       // bytes of one message
    int conns;
    uint64_t expected; // messages the receiver should see while timed
    uint64_t messages; // messages it did see
    uint64_t ns;       // from the first timed moment to the last message
    const hist_t *hist; // round-trip times, or NULL
    bool idle;          // the two below were measured
    double bytes_per_conn, wakeups_per_s;
} result_t;

static void print_result(const result_t *r) {
    printf("{\"command\":\"%s\",\"size\":%zu,\"conns\":%d,\"expected\":%" PRIu64
           ",\"messages\":%" PRIu64 ",\"seconds\":%.9f,\"rss_kb\":%ld",
           r->command, r->size, r->conns, r->expected, r->messages,
           (double)r->ns / 1e9, rss_kb());
    if (r->hist && r->hist->total)
        printf(",\"latency\":{\"count\":%" PRIu64 ",\"mean_ns\":%.1f,\"p50_ns\":%" PRIu64
               ",\"p99_ns\":%" PRIu64 ",\"p999_ns\":%" PRIu64 ",\"max_ns\":%" PRIu64 "}",
               r->hist->total, r->hist->sum / (double)r->hist->total,
               hist_quantile(r->hist, 0.5), hist_quantile(r->hist, 0.99),
               hist_quantile(r->hist, 0.999), r->hist->max);
    if (r->idle)
        printf(",\"idle\":{\"bytes_per_conn\":%.1f,\"wakeups_per_s\":%.2f}",
               r->bytes_per_conn, r->wakeups_per_s);
    printf("}\n");
    fflush(stdout);
}

// finish prints the measured side's result and ends the process without
// waiting for library threads: nothing after the result is of interest.
static void finish(const result_t *r) {
    print_result(r);
    _exit(0);
}

// ---- the life of a helper process ---------------------------------------

static const char *volatile helper_command;
static volatile bool go_given;

// read_stdin_line returns false at end of input.
static bool read_stdin_line(void) {
    char c;
    for (;;) {
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        if (c == '\n')
            return true;
    }
}

// watch_stdin runs on its own thread for as long as the process lives. The
// first line of input is the go-ahead of a publisher. At the end of input a
// helper reports and ends; a measuring side has then lost its parent.
static void *watch_stdin(void *unused) {
    (void)unused;
    while (read_stdin_line())
        go_given = true;
    if (!helper_command)
        _exit(1);
    result_t r = {.command = helper_command};
    finish(&r);
    return NULL;
}

// live_until_eof makes the end of input the normal end of this process. Called
// by the sides that are not measured, before they print READY.
static void live_until_eof(const char *command) { helper_command = command; }

static void sleep_forever(void) {
    for (;;)
        pause();
}

// ---- command line --------------------------------------------------------

typedef struct {
    const char *endpoint; // without the '>' or '@' mark
    const char *back;     // proxy only
    bool connect;         // the mark was '>'
    size_t size;
    uint64_t count;
    int conns;
} args_t;

typedef struct {
    const char *name;
    void (*run)(const args_t *);
} command_t;

static uint64_t parse_number(const char *text) {
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno || *end || end == text)
        die("not a number: %s", text);
    return v;
}

static args_t parse_args(const char *command, int argc, char **argv) {
    args_t a = {.count = 1, .conns = 1};
    int i = 0;
    if (strncmp(command, "inproc", 6) != 0 && strcmp(command, "topics") != 0) {
        if (argc < 1)
            die("%s: an endpoint is missing", command);
        a.endpoint = argv[i++];
        a.connect = a.endpoint[0] == '>';
        if (a.endpoint[0] == '>' || a.endpoint[0] == '@')
            a.endpoint++;
    }
    const char *dash = strrchr(command, '-');
    if (strcmp(dash ? dash + 1 : command, "proxy") == 0) {
        if (argc != 2)
            die("usage: proxy <front> <back>");
        a.back = argv[i] + (argv[i][0] == '@');
        return a;
    }
    if (i < argc)
        a.size = parse_number(argv[i++]);
    if (i < argc)
        a.count = parse_number(argv[i++]);
    if (i < argc)
        a.conns = (int)parse_number(argv[i++]);
    if (i != argc || a.conns < 1 || a.size < 1 || a.count < 1)
        die("usage: %s [endpoint] <size> [count] [conns], each at least 1", command);
    return a;
}

static int dispatch(const char *version, const command_t *commands, int argc, char **argv) {
    if (argc < 2)
        die("usage: %s version | <command> <arguments>", argv[0]);
    if (strcmp(argv[1], "version") == 0) {
        printf("{\"version\":\"%s\",\"commands\":[", version);
        for (const command_t *c = commands; c->name; c++)
            printf("%s\"%s\"", c == commands ? "" : ",", c->name);
        printf("]}\n");
        return 0;
    }
    for (const command_t *c = commands; c->name; c++) {
        if (strcmp(argv[1], c->name) != 0)
            continue;
        args_t a = parse_args(c->name, argc - 2, argv + 2);
        pthread_t t;
        if (pthread_create(&t, NULL, watch_stdin, NULL) != 0)
            die("cannot start a thread");
        c->run(&a);
        return 0;
    }
    die("unknown command: %s", argv[1]);
    return 1;
}

#endif
