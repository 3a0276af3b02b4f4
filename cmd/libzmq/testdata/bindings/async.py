# SPDX-License-Identifier: MPL-2.0
# Python's event loop on the library, which stands on ZMQ_FD and ZMQ_EVENTS.

import asyncio
import os
import sys

import zmq
import zmq.asyncio

assert zmq.zmq_version() == "4.3.6"


async def serve(s, count):
    for _ in range(count):
        await s.send_multipart(await s.recv_multipart())


async def ask(ctx, endpoint, count):
    with ctx.socket(zmq.REQ) as s:
        s.connect(endpoint)
        for i in range(count):
            parts = [b"%d" % i, os.urandom(i * 37 % 9000)]
            await s.send_multipart(parts)
            assert await asyncio.wait_for(s.recv_multipart(), 20) == parts


async def flood(ctx, endpoint, count):
    with ctx.socket(zmq.PULL) as a, ctx.socket(zmq.PUSH) as b:
        a.bind(endpoint)
        b.connect(a.last_endpoint.decode().rstrip("\0"))

        async def out():
            for i in range(count):
                await b.send(b"%d" % i)

        sending = asyncio.ensure_future(out())
        for i in range(count):
            assert await asyncio.wait_for(a.recv(), 20) == b"%d" % i
        await sending


async def main(servers):
    ctx = zmq.asyncio.Context()
    for endpoint in servers:
        await ask(ctx, endpoint, 100)
    for endpoint in ("tcp://127.0.0.1:*", "ipc://*", "inproc://asyncio"):
        with ctx.socket(zmq.REP) as rep:
            rep.bind(endpoint)
            at = rep.last_endpoint.decode().rstrip("\0")
            clients = 3
            serving = asyncio.ensure_future(serve(rep, 50 * clients))
            await asyncio.gather(*(ask(ctx, at, 50) for _ in range(clients)))
            await serving
        await flood(ctx, endpoint, 5000)
    p = zmq.asyncio.Poller()
    with ctx.socket(zmq.PAIR) as a, ctx.socket(zmq.PAIR) as b:
        a.bind("inproc://p")
        b.connect("inproc://p")
        p.register(a, zmq.POLLIN)
        assert await p.poll(20) == []
        await b.send(b"x")
        assert await p.poll(10000) == [(a, zmq.POLLIN)]
    ctx.term()


asyncio.run(main(sys.argv[1:]))
print("ok")
