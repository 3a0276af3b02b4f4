# SPDX-License-Identifier: MPL-2.0
"""A libzmq peer that does what it is told.

Each line of standard input is a request, a JSON object with "op"; each line of
standard output is its answer, an object that has "error" where it failed. It
ends with its input.

A frame is base64 text, or, where it is larger than PLAIN_MAX bytes, a number:
the size of the frame that pattern() makes.
"""

import base64
import ctypes
import json
import queue
import socket
import sys
import threading

import zmq

# The library that pyzmq itself uses, by way of one of its own modules.
LIBZMQ = ctypes.CDLL(
    next(m.__file__ for name, m in sys.modules.items() if name.startswith("zmq.backend") and str(m.__file__).endswith(".so"))
)
for function in (LIBZMQ.zmq_ctx_new, LIBZMQ.zmq_z85_decode, LIBZMQ.zmq_z85_encode):
    function.restype = ctypes.c_void_p
PLAIN_MAX = 1024
BLOCK = 251


def pattern(size):
    block = bytes((7 * i + size) % BLOCK for i in range(BLOCK))
    return (block * (size // BLOCK + 1))[:size]


def unpack(frame):
    return pattern(frame) if isinstance(frame, int) else base64.b64decode(frame)


def pack(frame):
    if len(frame) <= PLAIN_MAX:
        return base64.b64encode(frame).decode()
    if frame != pattern(len(frame)):
        raise ValueError("a frame of %d bytes arrived damaged" % len(frame))
    return len(frame)


class Zmq:
    """One ZeroMQ socket."""

    def __init__(self, context, kind, options):
        self.s = context.socket(getattr(zmq, kind))
        if options is not None:
            self.s.setsockopt(zmq.LINGER, 0)
            for name, value in options.items():
                self.set(name, value)

    def set(self, name, value):
        if isinstance(value, str):
            value = base64.b64decode(value)
        self.s.setsockopt(getattr(zmq, name), value)

    def set_number(self, number, value):
        """Sets an option to exactly these bytes, or to NULL."""
        rc = LIBZMQ.zmq_setsockopt(
            ctypes.c_void_p(self.s.underlying), number, value, ctypes.c_size_t(len(value or b""))
        )
        if rc != 0:
            raise zmq.ZMQError(LIBZMQ.zmq_errno())

    def get_number(self, number, room):
        """Returns the bytes of an option that has so much room at most."""
        b, size = ctypes.create_string_buffer(max(room, 1)), ctypes.c_size_t(room)
        rc = LIBZMQ.zmq_getsockopt(ctypes.c_void_p(self.s.underlying), number, b, ctypes.byref(size))
        if rc != 0:
            raise zmq.ZMQError(LIBZMQ.zmq_errno())
        return b.raw[: size.value]

    def bind(self, endpoint):
        self.s.bind(endpoint)
        return self.s.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()

    def connect(self, endpoint):
        self.s.connect(endpoint)

    def unbind(self, endpoint):
        self.s.unbind(endpoint)

    def disconnect(self, endpoint):
        self.s.disconnect(endpoint)

    def ready(self, option, timeout):
        """Sets a timeout. A call that does not wait sees only sometimes what has
        happened to the connections; to ask for events is to see it."""
        self.s.setsockopt(option, timeout)
        if timeout == 0:
            self.s.getsockopt(zmq.EVENTS)

    def send(self, frames, timeout):
        self.ready(zmq.SNDTIMEO, timeout)
        self.s.send_multipart(frames)

    def recv(self, timeout):
        self.ready(zmq.RCVTIMEO, timeout)
        return self.s.recv_multipart()

    def recv_property(self, name):
        """Receives a message and returns a property that its connection gave it."""
        self.s.setsockopt(zmq.RCVTIMEO, -1)
        frames = self.s.recv_multipart(copy=False)
        try:
            return frames[-1].get(name).encode()
        except zmq.ZMQError:
            return b""

    def close(self):
        self.s.close()


def try_options(context, kind, values):
    """Gives each option each value, on a socket of its own, and returns how that
    went and what the option is then; a value of None leaves it as it is."""
    lines = []
    for number in range(1, 120):
        for value in values:
            s = Zmq(context, kind, None)
            line = [0, 0, ""]
            try:
                if value is not None:
                    s.set_number(number, base64.b64decode(value))
            except zmq.ZMQError as e:
                line[0] = e.errno
            for room in (4, 8, 32, 256):
                try:
                    line[1], line[2] = 0, s.get_number(number, room).hex()
                    break
                except zmq.ZMQError as e:
                    line[1] = e.errno
            lines.append(line)
            s.s.close(0)
    return lines


def try_context(values):
    """Gives each option of a context each value, on a context of its own, and
    returns how that went and what the option is then, -1 for none."""
    lines = []
    for number in range(1, 16):
        for value in values:
            context = ctypes.c_void_p(LIBZMQ.zmq_ctx_new())
            line = [0]
            if value is not None and LIBZMQ.zmq_ctx_set(context, number, value) != 0:
                line[0] = LIBZMQ.zmq_errno()
            line.append(LIBZMQ.zmq_ctx_get(context, number))
            LIBZMQ.zmq_ctx_term(context)
            lines.append(line)
    return lines


def try_z85(texts):
    """Decodes texts, and encodes what comes of them and what they are."""
    lines = []
    for text in texts:
        b = ctypes.create_string_buffer(len(text) + 1)
        good = LIBZMQ.zmq_z85_decode(b, text.encode("latin-1"))
        encoded = ctypes.create_string_buffer(2 * len(text) + 1)
        also = LIBZMQ.zmq_z85_encode(encoded, text.encode("latin-1"), ctypes.c_size_t(len(text)))
        lines.append([b.raw[: len(text) * 4 // 5].hex() if good else "", encoded.value.decode() if also else ""])
    return lines


class Raw:
    """One TCP connection without any protocol. A message is a piece of bytes; to
    receive, the size is asked for."""

    def __init__(self):
        self.listener = None
        self.conn = None

    def bind(self, _):
        self.listener = socket.create_server(("127.0.0.1", 0))
        return "tcp://127.0.0.1:%d" % self.listener.getsockname()[1]

    def connect(self, endpoint):
        host, port = endpoint[len("tcp://"):].rsplit(":", 1)
        self.conn = socket.create_connection((host, int(port)))

    def ready(self, timeout):
        if self.conn is None:
            self.listener.settimeout(timeout / 1000)
            self.conn = self.listener.accept()[0]
        self.conn.settimeout(timeout / 1000)

    def send(self, frames, timeout):
        self.ready(timeout)
        self.conn.sendall(b"".join(frames))

    def recv_bytes(self, size, timeout):
        """Returns less than size bytes only where the stream ends."""
        self.ready(timeout)
        got = b""
        while len(got) < size:
            piece = self.conn.recv(size - len(got))
            if not piece:
                break
            got += piece
        return got

    def close(self):
        for s in (self.conn, self.listener):
            if s is not None:
                s.close()


class Zap:
    """A ZAP handler that gives all the same answer, or none: frames of which "$id"
    is the number of the request."""

    def __init__(self, context):
        self.reply = None
        self.seen = queue.Queue()
        self.s = context.socket(zmq.ROUTER)
        self.s.bind("inproc://zeromq.zap.01")
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                name, empty, *request = self.s.recv_multipart()
                reply = [request[1] if f == "$id" else f.encode() for f in self.reply]
                self.seen.put(request)
                if reply:
                    self.s.send_multipart([name, empty] + reply)
            except zmq.ContextTerminated:
                self.s.close(0)
                return


class Peer:
    """The requests."""

    def __init__(self):
        self.context = zmq.Context()
        self.sockets = {}
        self.last = 0
        self.zap = None
        self.proxy = None

    def answer(self, q):
        op = q["op"]
        if op == "open":
            self.last += 1
            if q["type"] == "RAW":
                s = Raw()
            else:
                s = Zmq(self.context, q["type"], None if q.get("name") == "untouched" else q.get("options") or {})
            self.sockets[self.last] = s
            return {"id": self.last}
        if op == "version":
            return {"version": zmq.zmq_version()}
        if op == "zap":
            self.zap = self.zap or Zap(self.context)
            self.zap.reply = q.get("frames") or []
            return {}
        if op == "zap_seen":
            return {"frames": [pack(f) for f in self.zap.seen.get(timeout=30)]}
        if op == "try_context":
            return {"lines": try_context(q["frames"])}
        if op == "try_z85":
            return {"lines": try_z85(q["frames"])}
        if op == "shutdown":
            return {"id": LIBZMQ.zmq_ctx_shutdown(ctypes.c_void_p(self.context.underlying))}
        if op == "try_options":
            return {"lines": try_options(self.context, q["type"], q["frames"])}
        s = self.sockets[q["id"]]
        if op == "proxy":
            backend, control = (self.sockets[i].s for i in q["frames"])
            run = lambda: zmq.proxy_steerable(s.s, backend, None, control)
            self.proxy = threading.Thread(target=run, daemon=True)
            self.proxy.start()
            return {}
        if op == "proxy_ends":
            self.proxy.join()
            return {}
        if op == "bind":
            return {"endpoint": s.bind(q.get("endpoint", ""))}
        if op == "connect":
            s.connect(q.get("endpoint", ""))
        elif op == "unbind":
            s.unbind(q["endpoint"])
        elif op == "disconnect":
            s.disconnect(q["endpoint"])
        elif op == "set_number":
            value = q.get("value")
            s.set_number(q["size"], None if value is None else base64.b64decode(value))
        elif op == "get_number":
            return {"frames": [pack(s.get_number(q["size"], q.get("timeout", 0)))]}
        elif op == "monitor":
            self.last += 1
            address = "inproc://monitor-%d" % self.last
            s.s.monitor(address, q.get("size", zmq.EVENT_ALL))
            self.sockets[self.last] = Zmq(self.context, "PAIR", {})
            self.sockets[self.last].connect(address)
            return {"id": self.last}
        elif op == "set":
            s.set(q["name"], q["value"])
        elif op == "send":
            s.send([unpack(f) for f in q["frames"]], q.get("timeout", 0))
        elif op == "recv":
            return {"frames": [pack(f) for f in s.recv(q.get("timeout", 0))]}
        elif op == "recv_property":
            return {"frames": [pack(s.recv_property(q["name"]))]}
        elif op == "recv_bytes":
            return {"frames": [pack(s.recv_bytes(q["size"], q["timeout"]))]}
        elif op == "close":
            s.close()
            del self.sockets[q["id"]]
        else:
            raise ValueError("unknown request " + op)
        return {}


def main():
    peer = Peer()
    for line in sys.stdin:
        try:
            reply = peer.answer(json.loads(line))
        except zmq.Again:
            reply = {"again": True, "error": "nothing in time", "errno": zmq.EAGAIN}
        except zmq.ZMQError as e:
            reply = {"error": str(e), "errno": e.errno}
        except Exception as e:
            reply = {"error": "%s: %s" % (type(e).__name__, e)}
        print(json.dumps(reply), flush=True)
    for s in peer.sockets.values():
        s.close()
    peer.context.term()


main()
