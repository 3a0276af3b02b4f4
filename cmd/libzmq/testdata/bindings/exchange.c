/* SPDX-License-Identifier: MPL-2.0 */

/* czmq on the library: sockets, poller, actors with pipes, a proxy, authentication. */

#include <czmq.h>

static void echo(const char *endpoint)
{
	zsock_t *s = zsock_new_req(endpoint);

	assert(s);
	for (size_t size = 0; size <= 1 << 20; size = size * 3 + 1) {
		zchunk_t *c = zchunk_new(NULL, size);
		zmsg_t *m = zmsg_new(), *got;
		zchunk_fill(c, 'x', size);
		zmsg_addstr(m, "head");
		zmsg_addmem(m, zchunk_data(c), size);
		zmsg_t *copy = zmsg_dup(m);
		assert(zmsg_send(&m, s) == 0);
		assert((got = zmsg_recv(s)) && zmsg_eq(got, copy));
		zmsg_destroy(&got);
		zmsg_destroy(&copy);
		zchunk_destroy(&c);
	}
	zsock_destroy(&s);
}

static void self(const char *endpoint)
{
	zsock_t *a = zsock_new(ZMQ_REP), *b = zsock_new(ZMQ_REQ);

	assert(zsock_bind(a, "%s", endpoint) != -1);
	assert(zsock_connect(b, "%s", zsock_endpoint(a)) == 0);
	zpoller_t *p = zpoller_new(a, NULL);
	assert(zpoller_wait(p, 10) == NULL);
	for (int i = 0; i < 100; i++) {
		assert(zstr_sendf(b, "question %d", i) == 0);
		assert(zpoller_wait(p, 10000) == a);
		char *got = zstr_recv(a);
		assert(got && strncmp(got, "question", 8) == 0);
		assert(zstr_send(a, got) == 0);
		zstr_free(&got);
		got = zstr_recv(b);
		assert(got);
		zstr_free(&got);
	}
	zpoller_destroy(&p);
	zsock_destroy(&a);
	zsock_destroy(&b);
}

static void proxied(void)
{
	zactor_t *proxy = zactor_new(zproxy, NULL);

	assert(zstr_sendx(proxy, "FRONTEND", "PULL", "inproc://front", NULL) == 0 && zsock_wait(proxy) == 0);
	assert(zstr_sendx(proxy, "BACKEND", "PUSH", "inproc://back", NULL) == 0 && zsock_wait(proxy) == 0);
	zsock_t *in = zsock_new_push(">inproc://front"), *out = zsock_new_pull(">inproc://back");
	zstr_sendx(in, "Hello", "World", NULL);
	char *hello, *world;
	zstr_recvx(out, &hello, &world, NULL);
	assert(streq(hello, "Hello") && streq(world, "World"));
	zstr_free(&hello);
	zstr_free(&world);
	zsock_destroy(&in);
	zsock_destroy(&out);
	zactor_destroy(&proxy);
}

static void authenticated(void)
{
	zactor_t *auth = zactor_new(zauth, NULL);
	zcert_t *server_cert = zcert_new(), *client_cert = zcert_new();
	zsock_t *server = zsock_new(ZMQ_PUSH), *client = zsock_new(ZMQ_PULL);

	assert(auth && zstr_sendx(auth, "CURVE", CURVE_ALLOW_ANY, NULL) == 0 && zsock_wait(auth) == 0);
	zcert_apply(server_cert, server);
	zsock_set_curve_server(server, 1);
	zcert_apply(client_cert, client);
	zsock_set_curve_serverkey(client, zcert_public_txt(server_cert));
	int port = zsock_bind(server, "tcp://127.0.0.1:*");
	assert(port > 0 && zsock_connect(client, "tcp://127.0.0.1:%d", port) == 0);
	zsock_set_rcvtimeo(client, 10000);
	assert(zstr_send(server, "secret") == 0);
	char *got = zstr_recv(client);
	assert(got && streq(got, "secret"));
	zstr_free(&got);
	zsock_destroy(&server);
	zsock_destroy(&client);
	zcert_destroy(&server_cert);
	zcert_destroy(&client_cert);
	zactor_destroy(&auth);
}

int main(int argc, char *argv[])
{
	int major, minor, patch;
	char path[64];

	zsys_handler_set(NULL);
	zmq_version(&major, &minor, &patch);
	assert(major == 4 && minor == 3 && patch == 6);
	for (int i = 1; i < argc; i++)
		echo(argv[i]);
	self("tcp://127.0.0.1:*");
	self("inproc://self");
	snprintf(path, sizeof path, "ipc:///tmp/czmq-%d", (int)getpid());
	self(path);
	unlink(path + strlen("ipc://"));
	proxied();
	authenticated();
	zactor_t *mon;
	zsock_t *s = zsock_new(ZMQ_DEALER);
	assert((mon = zactor_new(zmonitor, s)));
	zstr_sendx(mon, "LISTEN", "LISTENING", NULL);
	zstr_send(mon, "START");
	zsock_wait(mon);
	assert(zsock_bind(s, "tcp://127.0.0.1:*") > 0);
	char *event = zstr_recv(mon);
	assert(streq(event, "LISTENING"));
	zstr_free(&event);
	zactor_destroy(&mon);
	zsock_destroy(&s);
	puts("ok");
	return 0;
}
