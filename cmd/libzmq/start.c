/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Signals are the program's. Go's threads inherit the mask of the thread that loads
 * the library, so that thread blocks all signals, but those that Go needs, while Go
 * starts: then the kernel gives signals that are for the process to threads of the
 * program, whose waiting they end.
 */

#include "abi.h"

static sigset_t before;

/* Runs before Go's own start, which has no priority. */
__attribute__((constructor(101))) static void block_signals(void)
{
	sigset_t most;

	sigfillset(&most);
	sigdelset(&most, SIGURG);
	sigdelset(&most, SIGSEGV);
	sigdelset(&most, SIGBUS);
	sigdelset(&most, SIGFPE);
	sigdelset(&most, SIGILL);
	sigdelset(&most, SIGTRAP);
	sigdelset(&most, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &most, &before);
}

/* Runs after it: objects from C are linked after Go's. */
__attribute__((constructor)) static void restore_signals(void)
{
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

enum { HANDLERS_EVERY_MS = 1000 };

/*
 * zl_handlers sees to it that the program's signal handlers run on the alternate
 * stack, which Go gives to each thread that calls it: a thread that is in Go stands
 * on a small stack in Go's heap, where a handler would write over its neighbours.
 * Called where a program comes seldom, and while it waits at most once a second.
 */
void zl_handlers(void)
{
	struct sigaction act;

	for (int n = 1; n < NSIG; n++) {
		if (sigaction(n, NULL, &act) != 0 || act.sa_handler == SIG_DFL || act.sa_handler == SIG_IGN)
			continue;
		if (act.sa_flags & SA_ONSTACK)
			continue;
		act.sa_flags |= SA_ONSTACK;
		sigaction(n, &act, NULL);
	}
}

/* zl_handlers_again is zl_handlers, if the last time is long ago. */
void zl_handlers_again(int64_t now_ms)
{
	static _Atomic int64_t next_ms;
	int64_t next = atomic_load_explicit(&next_ms, memory_order_relaxed);

	if (now_ms >= next && atomic_compare_exchange_strong(&next_ms, &next, now_ms + HANDLERS_EVERY_MS))
		zl_handlers();
}
