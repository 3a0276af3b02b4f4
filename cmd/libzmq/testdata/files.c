/* SPDX-License-Identifier: MPL-2.0 */

/* No descriptors left: an error, and everything works again when there are. */

#include "check.h"

#include <fcntl.h>
#include <sys/resource.h>

int main(void)
{
	void *c = zmq_ctx_new(), *a = make(c, ZMQ_PULL), *b = make(c, ZMQ_PUSH), *s;
	struct rlimit few = { 64, 64 };
	int fds[64], count = 0, fd;
	size_t size = sizeof fd;

	MUST(setrlimit(RLIMIT_NOFILE, &few) == 0);
	while (count < 64 && (fds[count] = open("/dev/null", O_RDONLY)) >= 0)
		count++;
	CHECK((s = zmq_socket(c, ZMQ_PAIR)) != NULL); /* costs none yet */
	FAILS(zmq_getsockopt(s, ZMQ_FD, &fd, &size), EMFILE);
	FAILS(zmq_bind(a, "tcp://127.0.0.1:*"), EMFILE);
	char x[1];
	FAILS(zmq_recv(a, x, 1, 0), EMFILE); /* to wait takes one */
	while (count > 0)
		close(fds[--count]);
	CHECK(zmq_getsockopt(s, ZMQ_FD, &fd, &size) == 0 && fd >= 0);
	join(a, b, "tcp://127.0.0.1:*");
	send_text(b, "again", 0);
	expect(a, "again", false);
	CHECK(zmq_close(s) == 0 && zmq_close(a) == 0 && zmq_close(b) == 0 && zmq_ctx_term(c) == 0);
	return done();
}
