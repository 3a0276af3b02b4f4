/* SPDX-License-Identifier: MPL-2.0 */

/* What needs no socket: errors, version, Z85, keys, counters, clocks, threads, timers. */

#include "check.h"

static void errors(void)
{
	static const int own[] = { EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD, EHOSTUNREACH };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		CHECK(strlen(zmq_strerror(own[i])) > 5 && strncmp(zmq_strerror(own[i]), "Unknown", 7) != 0);
	CHECK(strcmp(zmq_strerror(EINVAL), strerror(EINVAL)) == 0);
	errno = 77;
	if (zmq_errno() != 77)
		failures++;
}

static void version(void)
{
	int major = 0, minor = 0, patch = 0;

	zmq_version(&major, &minor, &patch);
	CHECK(ZMQ_MAKE_VERSION(major, minor, patch) >= ZMQ_MAKE_VERSION(4, 3, 4));
	CHECK(zmq_has("ipc") == 1 && zmq_has("curve") == 1 && zmq_has("draft") == 1);
	CHECK(zmq_has("tcp") == 0 && zmq_has("") == 0 && zmq_has("IPC") == 0);
}

static void z85(void)
{
	static const uint8_t bytes[8] = { 0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b };
	uint8_t back[8];
	char text[11];

	CHECK(zmq_z85_encode(text, bytes, 8) == text && strcmp(text, "HelloWorld") == 0);
	CHECK(zmq_z85_decode(back, text) == back && memcmp(back, bytes, 8) == 0);
	NULLS(zmq_z85_encode(text, bytes, 7), EINVAL);
	NULLS(zmq_z85_decode(back, "Hell"), EINVAL);
	NULLS(zmq_z85_decode(back, "Hell "), EINVAL);
	NULLS(zmq_z85_decode(back, "#####"), EINVAL);
}

static void keys(void)
{
	char public[41], secret[41], again[41];

	MUST(zmq_curve_keypair(public, secret) == 0);
	CHECK(strlen(public) == 40 && strlen(secret) == 40);
	CHECK(zmq_curve_public(again, secret) == 0 && strcmp(public, again) == 0);
	/* RFC 26's example pair. */
	CHECK(zmq_curve_public(again, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs") == 0);
	CHECK(strcmp(again, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID") == 0);
	FAILS(zmq_curve_public(again, "short"), EINVAL);
}

static void counters(void)
{
	void *c = zmq_atomic_counter_new();

	MUST(c != NULL);
	CHECK(zmq_atomic_counter_value(c) == 0);
	CHECK(zmq_atomic_counter_inc(c) == 0 && zmq_atomic_counter_inc(c) == 1);
	CHECK(zmq_atomic_counter_dec(c) == 1 && zmq_atomic_counter_dec(c) == 0);
	zmq_atomic_counter_set(c, 7);
	CHECK(zmq_atomic_counter_value(c) == 7);
	zmq_atomic_counter_destroy(&c);
	CHECK(c == NULL);
}

static void clocks(void)
{
	void *w = zmq_stopwatch_start();

	MUST(w != NULL);
	zmq_sleep(1);
	unsigned long first = zmq_stopwatch_intermediate(w);
	CHECK(first >= 1000000);
	CHECK(zmq_stopwatch_stop(w) >= first);
}

static void mark(void *arg)
{
	*(int *)arg = 42;
}

static void threads(void)
{
	int seen = 0;
	void *t = zmq_threadstart(mark, &seen);

	MUST(t != NULL);
	zmq_threadclose(t);
	CHECK(seen == 42);
}

static int fired;

static void fire(int id, void *arg)
{
	fired += 100 * id + *(int *)arg;
}

static void run_timers(void *t)
{
	long wait = zmq_timers_timeout(t);

	MUST(wait >= 0);
	usleep((useconds_t)(wait + 1) * 1000);
	CHECK(zmq_timers_execute(t) == 0);
}

static void timers(void)
{
	void *t = zmq_timers_new(), *none = NULL;
	int one = 1, a, b;

	MUST(t != NULL);
	CHECK(zmq_timers_timeout(t) == -1);
	a = zmq_timers_add(t, 10, fire, &one);
	b = zmq_timers_add(t, 100000, fire, &one);
	CHECK(a == 1 && b == 2);
	CHECK(zmq_timers_execute(t) == 0 && fired == 0);
	run_timers(t);
	CHECK(fired == 101);
	CHECK(zmq_timers_set_interval(t, b, 20) == 0 && zmq_timers_reset(t, a) == 0);
	CHECK(zmq_timers_cancel(t, a) == 0);
	run_timers(t);
	CHECK(fired == 302);
	FAILS(zmq_timers_cancel(t, a), EINVAL);
	FAILS(zmq_timers_reset(t, a), EINVAL);
	FAILS(zmq_timers_set_interval(t, 99, 5), EINVAL);
	FAILS(zmq_timers_add(t, 5, NULL, NULL), EFAULT);
	FAILS(zmq_timers_execute(none), EFAULT);
	CHECK(zmq_timers_destroy(&t) == 0 && t == NULL);
	FAILS(zmq_timers_destroy(&t), EFAULT);
}

int main(void)
{
	errors();
	version();
	z85();
	keys();
	counters();
	clocks();
	threads();
	timers();
	return done();
}
