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
