# SPDX-License-Identifier: MPL-2.0
# Python on the library: blocking calls, context managers, poller, monitor, device,
# CURVE with an authenticator; with itself and with the echo servers given.

import multiprocessing
import os
import sys
import tempfile
import threading

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator
from zmq.devices import ThreadDevice, ThreadProxySteerable
from zmq.utils.monitor import recv_monitor_message

assert zmq.zmq_version() == "4.3.6", zmq.zmq_version()
SIZES = (0, 1, 33, 34, 255, 256, 4095, 4096, 8192, 65536, 1 << 20)


def endpoints():
    return "tcp://127.0.0.1:*", "ipc://*", "inproc://" + os.urandom(4).hex()


def joined(ctx, bound, connected, endpoint):
    a, b = ctx.socket(bound), ctx.socket(connected)
    for s in (a, b):
        s.rcvtimeo = s.sndtimeo = 10000
        s.linger = 0
    a.bind(endpoint)
    b.connect(a.last_endpoint.decode().rstrip("\0"))
    return a, b


def echo(servers):
    with zmq.Context() as ctx:
        for endpoint in servers:
            with ctx.socket(zmq.REQ) as s:
                s.rcvtimeo = s.sndtimeo = 10000
                s.connect(endpoint)
                for size in SIZES:
                    for copy in (True, False):
                        parts = [b"head", os.urandom(size)]
                        s.send_multipart(parts, copy=copy)
                        got = s.recv_multipart(copy=copy)
                        assert [bytes(p) for p in got] == parts, (endpoint, size)


def patterns():
    with zmq.Context() as ctx:
        for endpoint in endpoints():
            a, b = joined(ctx, zmq.PULL, zmq.PUSH, endpoint)
            with a, b:
                for size in SIZES:
                    b.send(b"x" * size, copy=False, track=size > 65535)
                    assert bytes(a.recv(copy=False)) == b"x" * size
                b.send_json({"a": [1, 2]})
                assert a.recv_json() == {"a": [1, 2]}
                b.send_pyobj(("y", 3))
                assert a.recv_pyobj() == ("y", 3)
            a, b = joined(ctx, zmq.XPUB, zmq.SUB, endpoint)
            with a, b:
                b.subscribe("news")
                assert a.recv() == b"\1news"
                a.send_string("weather")
                a.send_string("news of today")
                assert b.recv_string() == "news of today"
            a, b = joined(ctx, zmq.ROUTER, zmq.DEALER, endpoint)
            with a, b:
                b.send_multipart([b"q", b""])
                who, *rest = a.recv_multipart()
                a.send_multipart([who] + rest)
                assert b.recv_multipart() == [b"q", b""]
        a, b = joined(ctx, zmq.PAIR, zmq.PAIR, "tcp://127.0.0.1:*")
        with a, b:
            b.send(b"who")
            frame = a.recv(copy=False)
            assert frame.get("Peer-Address") == "127.0.0.1" and frame.get("Socket-Type") == "PAIR"
            tracker = b.send(b"z" * 100000, copy=False, track=True)
            assert len(a.recv()) == 100000
            tracker.wait(10)
        try:
            with ctx.socket(zmq.SUB) as s:
                s.send(b"x")
            raise AssertionError("a SUB sends")
        except zmq.ZMQError as e:
            assert e.errno == zmq.ENOTSUP


def polled():
    with zmq.Context() as ctx:
        a, b = joined(ctx, zmq.PAIR, zmq.PAIR, "inproc://polled")
        r, w = os.pipe()
        with a, b:
            p = zmq.Poller()
            p.register(a, zmq.POLLIN)
            p.register(b, zmq.POLLIN | zmq.POLLOUT)
            p.register(r, zmq.POLLIN)
            assert dict(p.poll(100)) == {b: zmq.POLLOUT}
            p.modify(b, zmq.POLLIN)
            assert p.poll(20) == []
            b.send(b"x")
            os.write(w, b"y")
            assert dict(p.poll(10000)) == {a: zmq.POLLIN, r: zmq.POLLIN}
            assert zmq.select([a], [b], [], 10) == ([a], [b], [])
            assert a.poll(0) == zmq.POLLIN and b.poll(0) == 0
        os.close(r)
        os.close(w)


def monitored():
    with zmq.Context() as ctx:
        a, b = joined(ctx, zmq.REP, zmq.REQ, "inproc://m")
        with a, b:
            m = a.get_monitor_socket()
            m.rcvtimeo = 10000
            a.bind("tcp://127.0.0.1:*")
            c = ctx.socket(zmq.REQ)
            c.connect(a.last_endpoint.decode().rstrip("\0"))
            want = [zmq.EVENT_LISTENING, zmq.EVENT_ACCEPTED, zmq.EVENT_HANDSHAKE_SUCCEEDED]
            got = [recv_monitor_message(m)["event"] for _ in want]
            assert got == want, got
            c.close()
            assert recv_monitor_message(m)["event"] == zmq.EVENT_DISCONNECTED
            a.disable_monitor()


def devices():
    d = ThreadDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    front, back = ("ipc://" + os.path.join(tempfile.mkdtemp(), n) for n in "fb")
    d.bind_in(front)
    d.bind_out(back)
    d.start()
    with zmq.Context() as ctx, ctx.socket(zmq.REQ) as req, ctx.socket(zmq.REP) as rep:
        req.rcvtimeo = rep.rcvtimeo = 10000
        req.linger = rep.linger = 0
        req.connect(front)
        rep.connect(back)
        for i in range(100):
            req.send(b"%d" % i)
            assert rep.recv() == b"%d" % i
            rep.send(b"yes")
            assert req.recv() == b"yes"


def authenticated():
    with zmq.Context() as ctx, tempfile.TemporaryDirectory() as keys:
        public, secret = zmq.auth.create_certificates(keys, "client")
        auth = ThreadAuthenticator(ctx)
        auth.start()
        auth.configure_curve(domain="*", location=keys)
        server_public, server_secret = zmq.curve_keypair()
        assert zmq.curve_public(server_secret) == server_public

        def client(own_public, own_secret, at, wait):
            c = ctx.socket(zmq.PULL)
            c.linger = 0
            c.curve_publickey, c.curve_secretkey, c.curve_serverkey = own_public, own_secret, server_public
            c.connect(at)
            came = c.poll(wait)
            got = c.recv() if came else None
            c.close()
            return got

        s = ctx.socket(zmq.PUSH)
        s.linger = 0
        s.sndtimeo = 10000
        s.curve_server, s.curve_publickey, s.curve_secretkey = True, server_public, server_secret
        at = "tcp://127.0.0.1:%d" % s.bind_to_random_port("tcp://127.0.0.1")
        t = threading.Thread(target=s.send, args=(b"for those who may",))
        t.start()
        assert client(*zmq.curve_keypair(), at, 300) is None  # a stranger
        assert client(*zmq.auth.load_certificate(secret), at, 10000) == b"for those who may"
        t.join()
        s.close()
        auth.stop()


def forked():
    """A child without exec makes sockets of its own; the parent goes on."""

    def child(port):
        with zmq.Context() as ctx, ctx.socket(zmq.REQ) as s:
            s.rcvtimeo = s.sndtimeo = 10000
            s.connect("tcp://127.0.0.1:%d" % port)
            s.send_string("pid %d" % os.getpid())
            assert s.recv() == b"welcome"

    with zmq.Context() as ctx, ctx.socket(zmq.REP) as s:
        s.rcvtimeo = 20000
        port = s.bind_to_random_port("tcp://127.0.0.1")
        p = multiprocessing.get_context("fork").Process(target=child, args=(port,))
        p.start()
        assert s.recv_string() == "pid %d" % p.pid
        s.send(b"welcome")
        p.join(20)
        assert p.exitcode == 0


echo(sys.argv[1:])
forked()
patterns()
polled()
monitored()
devices()
authenticated()
print("ok", flush=True)
os._exit(0)  # devices' threads are for ever
