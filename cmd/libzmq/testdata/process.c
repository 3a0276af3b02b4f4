/* SPDX-License-Identifier: MPL-2.0 */

/* What a process does around the library: signals, fork, threads of its own, exit. */

#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

static void *ctx;
static volatile sig_atomic_t rung;

static void ring(int number)
{
	(void)number;
	rung++;
}

/* alarms has signals sent to the process, whoever of its threads takes them. */
static void alarms(bool on)
{
	struct itimerval every = { { 0, on ? 30000 : 0 }, { 0, on ? 30000 : 0 } };

	MUST(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

/* The call, under alarms, ends with EINTR after its thread took one. */
#define INTERRUPTED(call)                       \
	do {                                    \
		int before_ = rung;             \
		alarms(true);                   \
		FAILS(call, EINTR);             \
		alarms(false);                  \
		CHECK(rung > before_);          \
	} while (0)

static void signals(void)
{
	struct sigaction act = { .sa_handler = ring };
	void *s = make(ctx, ZMQ_PULL), *p = zmq_poller_new(), *other;
	zmq_pollitem_t item = { s, 0, ZMQ_POLLIN, 0 };
	zmq_poller_event_t event;
	sigset_t block, none;
	char b[1];

	MUST(sigaction(SIGALRM, &act, NULL) == 0);
	set(s, ZMQ_RCVTIMEO, -1);
	MUST(zmq_bind(s, "tcp://127.0.0.1:*") == 0);
	INTERRUPTED(zmq_recv(s, b, 1, 0));
	INTERRUPTED(zmq_poll(&item, 1, -1));
	CHECK(zmq_poller_add(p, s, NULL, ZMQ_POLLIN) == 0);
	INTERRUPTED(zmq_poller_wait(p, &event, -1));
	INTERRUPTED(zmq_poller_wait_all(p, &event, 1, -1));
	CHECK(zmq_poller_destroy(&p) == 0);

	/* So does a send without peers, of one part and of more, and a proxy. */
	other = make(ctx, ZMQ_PUSH);
	set(other, ZMQ_SNDTIMEO, -1);
	MUST(zmq_bind(other, "tcp://127.0.0.1:*") == 0);
	INTERRUPTED(zmq_send(other, b, 1, 0));
	INTERRUPTED(zmq_send(other, b, 1, ZMQ_SNDMORE));
	INTERRUPTED(zmq_proxy(s, other, NULL));
	INTERRUPTED(zmq_proxy_steerable(s, other, NULL, NULL));
	CHECK(zmq_close(other) == 0);

	/* zmq_ppoll lets a signal in only while it waits. */
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGALRM);
	MUST(sigprocmask(SIG_BLOCK, &block, NULL) == 0);
	INTERRUPTED(zmq_ppoll(&item, 1, -1, &none));
	MUST(sigprocmask(SIG_UNBLOCK, &block, NULL) == 0);

	/* The end of a context that waits for a socket can be gone on with. */
	other = zmq_ctx_new();
	void *open = zmq_socket(other, ZMQ_PAIR);
	INTERRUPTED(zmq_ctx_term(other));
	CHECK(zmq_close(open) == 0 && zmq_ctx_term(other) == 0 && zmq_close(s) == 0);
}

static void deep(int number)
{
	volatile char room[16 << 10]; /* more than Go's stacks have */

	memset((char *)room, number, sizeof room);
	rung++;
}

/* A storm of signals whose handler needs stack, in threads that are in and out of Go. */
static void storm(void)
{
	struct sigaction act = { .sa_handler = deep, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };
	void *a, *b;
	int before = rung;
	char x[8];

	MUST(sigaction(SIGALRM, &act, NULL) == 0);
	a = make(ctx, ZMQ_PAIR);
	b = make(ctx, ZMQ_PAIR);
	CHECK(sigaction(SIGALRM, NULL, &act) == 0 && (act.sa_flags & SA_ONSTACK));
	join(a, b, "inproc://storm");
	MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; i < 50000 || rung < before + 100; i++) {
		while (zmq_send(a, "x", 1, 0) < 0)
			MUST(errno == EINTR);
		while (zmq_recv(b, x, sizeof x, 0) < 0)
			MUST(errno == EINTR);
	}
	MUST(setitimer(ITIMER_REAL, &never, NULL) == 0);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

/* child works with what it makes itself; what it inherited is dead. */
static int child(void *inherited)
{
	void *c, *a, *b;
	char x[1];

	failures = 0;
	alarm(20);
	CHECK(zmq_close(inherited) == 0);
	CHECK(zmq_ctx_term(ctx) == 0);
	CHECK(zmq_send(inherited, "x", 1, 0) == -1 && zmq_recv(inherited, x, 1, ZMQ_DONTWAIT) == -1);
	MUST((c = zmq_ctx_new()) != NULL);
	a = make(c, ZMQ_REQ);
	b = make(c, ZMQ_REP);
	join(b, a, "tcp://127.0.0.1:*");
	send_text(a, "from the child", 0);
	expect(b, "from the child", false);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0 && zmq_ctx_term(c) == 0);
	return failures != 0;
}

static void forks(void)
{
	void *a = make(ctx, ZMQ_PAIR), *b = make(ctx, ZMQ_PAIR);
	int status = -1;
	pid_t pid;

	join(a, b, "tcp://127.0.0.1:*");
	send_text(a, "before", 0);
	expect(b, "before", false);
	MUST((pid = fork()) >= 0);
	if (pid == 0)
		_exit(child(a));
	MUST(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0);
	send_text(a, "after", 0);
	expect(b, "after", false);
	CHECK(zmq_close(a) == 0 && zmq_close(b) == 0);
}

static volatile bool churning;

/* churn uses what needs no Go, as children of a fork may. */
static void *churn(void *unused)
{
	(void)unused;
	do {
		zmq_msg_t m;
		void *t = zmq_timers_new();
		MUST(zmq_msg_init_size(&m, 8192) == 0 && zmq_msg_close(&m) == 0);
		MUST(t != NULL && zmq_timers_destroy(&t) == 0);
	} while (churning);
	return NULL;
}

/* A fork may come while other threads make messages and handles, which the child does then. */
static void forks_amid(void)
{
	enum { CHILDREN = 200, CHURNS = 3 };
	pthread_t all[CHURNS];
	int status = -1;

	churning = true;
	for (int i = 0; i < CHURNS; i++)
		MUST(pthread_create(&all[i], NULL, churn, NULL) == 0);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();
		MUST(pid >= 0);
		if (pid == 0) {
			signal(SIGALRM, SIG_DFL);
			alarm(20);
			churning = false;
			churn(NULL);
			_exit(failures != 0);
		}
		MUST(waitpid(pid, &status, 0) == pid);
		MUST(status == 0);
	}
	churning = false;
	for (int i = 0; i < CHURNS; i++)
		MUST(pthread_join(all[i], NULL) == 0);
}

static void *worker(void *arg)
{
	void *s = make(ctx, ZMQ_PUSH);

	MUST(zmq_connect(s, arg) == 0);
	set(s, ZMQ_LINGER, -1);
	for (int i = 0; i < 1000; i++)
		send_text(s, "work", 0);
	CHECK(zmq_close(s) == 0);
	return NULL;
}

static void threads(void)
{
	enum { WORKERS = 16 };
	void *s = make(ctx, ZMQ_PULL);
	pthread_t all[WORKERS];
	char at[256];
	size_t size = sizeof at;

	MUST(zmq_bind(s, "tcp://127.0.0.1:*") == 0 && zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, at, &size) == 0);
	for (int i = 0; i < WORKERS; i++)
		MUST(pthread_create(&all[i], NULL, worker, at) == 0);
	for (int i = 0; i < 1000 * WORKERS; i++)
		expect(s, "work", false);
	for (int i = 0; i < WORKERS; i++)
		MUST(pthread_join(all[i], NULL) == 0);
	CHECK(zmq_close(s) == 0);
}

static long resident_mib(void)
{
	long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	MUST(f && fscanf(f, "%ld %ld", &all, &resident) == 2);
	fclose(f);
	return resident * sysconf(_SC_PAGESIZE) >> 20;
}

/* The memory of large bodies is kept as long as as much is in use, and 32 MiB after that. */
static void memory(void)
{
	enum { BODIES = 200, BYTES = 1 << 20 };
	static zmq_msg_t all[BODIES];
	long before = resident_mib();

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < BODIES; i++) {
			MUST(zmq_msg_init_size(&all[i], BYTES) == 0);
			memset(zmq_msg_data(&all[i]), round, BYTES);
		}
		MUST(resident_mib() >= before + BODIES && resident_mib() <= before + BODIES + 48);
		for (int i = 0; i < BODIES / 2; i++)
			MUST(zmq_msg_close(&all[i]) == 0);
		for (int i = 0; i < BODIES / 2; i++) {
			MUST(zmq_msg_init_size(&all[i], i % 2 ? BYTES : BYTES / 4) == 0);
			memset(zmq_msg_data(&all[i]), round, zmq_msg_size(&all[i]));
		}
		CHECK(resident_mib() <= before + BODIES + 48);
		for (int i = 0; i < BODIES; i++)
			MUST(zmq_msg_close(&all[i]) == 0);
		CHECK(resident_mib() <= before + 48);
	}
}

int main(void)
{
	void *a, *b;

	ctx = zmq_ctx_new();
	signals();
	storm();
	forks();
	forks_amid();
	threads();
	memory();
	/* The process ends with a context and sockets alive. */
	a = make(ctx, ZMQ_PAIR);
	b = make(ctx, ZMQ_PAIR);
	join(a, b, "tcp://127.0.0.1:*");
	send_text(a, "last", 0);
	return done();
}
