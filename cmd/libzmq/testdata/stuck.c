/* SPDX-License-Identifier: MPL-2.0 */

/* A call that waits long enough for the watchdog, which the environment sets to less. */

#include "check.h"

int main(void)
{
	void *c = zmq_ctx_new(), *s = make(c, ZMQ_PULL);
	char b[1];

	set(s, ZMQ_RCVTIMEO, 1500);
	FAILS(zmq_recv(s, b, 1, 0), EAGAIN);
	CHECK(zmq_close(s) == 0 && zmq_ctx_term(c) == 0);
	return done();
}
