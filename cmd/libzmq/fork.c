/* SPDX-License-Identifier: MPL-2.0 */
//go:build cgo

/*
 * Fork without exec. The child has only the thread that forked: none of Go's. What
 * it inherited is dead; for what it makes anew a second copy of the library is
 * loaded, with a runtime of its own, and the calls are passed on to that.
 */

#include "abi.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Set in the child, by its only thread. */
bool zl_forked;

static void *twin;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards twin */

/* copy_of puts a file's bytes into memory that looks like another file. */
static int copy_of(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = from < 0 ? -1 : memfd_create("libzmq", MFD_CLOEXEC);
	struct stat st;
	bool ok = to >= 0 && fstat(from, &st) == 0;
	off_t at = 0;

	while (ok && at < st.st_size)
		ok = sendfile(to, from, &at, (size_t)(st.st_size - at)) > 0;
	if (from >= 0)
		close(from);
	if (!ok && to >= 0) {
		close(to);
		return -1;
	}
	return to;
}

static void *load(void)
{
	char path[64];
	Dl_info self;
	void *lib;
	int fd;

	if (!dladdr((void *)zl_twin, &self) || (fd = copy_of(self.dli_fname)) < 0)
		return NULL;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	lib = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	close(fd);
	return lib;
}

/* zl_twin returns a function of the copy; NULL with ENOTSUP where there can be none. */
void *zl_twin(const char *name)
{
	void *f;

	pthread_mutex_lock(&lock);
	if (!twin)
		twin = load();
	f = twin ? dlsym(twin, name) : NULL;
	pthread_mutex_unlock(&lock);
	if (!f)
		errno = ENOTSUP;
	return f;
}

/* What needs no Go works in the child as it did before: its locks are nobody's there. */
static void before(void)
{
	zl_slots_hold(true);
	zl_pool_hold(true);
}

static void after(void)
{
	zl_pool_hold(false);
	zl_slots_hold(false);
}

/* In the child: the lock may have been held by a thread that is not there. */
static void in_child(void)
{
	after();
	zl_forked = true;
	twin = NULL;
	pthread_mutex_init(&lock, NULL);
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(before, after, in_child);
}
