#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Writes curve_vectors.txt: one CURVE connection with fixed keys and nonces,
built by libsodium after RFC 26, independently of the Go code.

Needs libsodium23. Run it here; the tests read what it has written.
"""

import ctypes
import struct

sodium = ctypes.CDLL("libsodium.so.23")


def fixed(size, seed):
    """The random bytes of this connection: they only have to differ."""
    return bytes((seed * 31 + i * 7 + i * i) % 256 for i in range(size))


def public_of(secret):
    out = ctypes.create_string_buffer(32)
    sodium.crypto_scalarmult_base(out, secret)
    return out.raw


def box(plain, nonce, public, secret):
    assert len(nonce) == 24
    out = ctypes.create_string_buffer(len(plain) + 16)
    assert sodium.crypto_box_easy(out, plain, ctypes.c_ulonglong(len(plain)), nonce, public, secret) == 0
    return out.raw


def secretbox(plain, nonce, key):
    assert len(nonce) == 24
    out = ctypes.create_string_buffer(len(plain) + 16)
    assert sodium.crypto_secretbox_easy(out, plain, ctypes.c_ulonglong(len(plain)), nonce, key) == 0
    return out.raw


def short(n):
    return struct.pack(">Q", n)


def prop(name, value):
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


def message(n, prefix, flags, body, public, secret):
    sealed = box(bytes([flags]) + body, prefix + short(n), public, secret)
    return b"\x07MESSAGE" + short(n) + sealed


# Long-term keys c and s, and those of the connection, ct and st.
c, s, ct, st = (fixed(32, i) for i in (1, 2, 3, 4))
C, S, Ct, St = (public_of(k) for k in (c, s, ct, st))
vouch_nonce, cookie_nonce, welcome_nonce = (fixed(16, i) for i in (5, 6, 7))
cookie_key = fixed(32, 8)

hello = b"\x05HELLO\x01\x00" + bytes(72) + Ct + short(1) + box(bytes(64), b"CurveZMQHELLO---" + short(1), S, ct)
cookie = cookie_nonce + secretbox(Ct + st, b"COOKIE--" + cookie_nonce, cookie_key)
welcome = b"\x07WELCOME" + welcome_nonce + box(St + cookie, b"WELCOME-" + welcome_nonce, Ct, s)
vouch = vouch_nonce + box(Ct + S, b"VOUCH---" + vouch_nonce, St, c)
metadata = prop(b"Socket-Type", b"DEALER") + prop(b"Identity", b"me")
initiate = b"\x08INITIATE" + cookie + short(2) + box(C + vouch + metadata, b"CurveZMQINITIATE" + short(2), St, ct)
ready = b"\x05READY" + short(1) + box(prop(b"Socket-Type", b"ROUTER") + prop(b"Identity", b""), b"CurveZMQREADY---" + short(1), Ct, st)

vectors = {
    "client secret": c, "client public": C, "server secret": s, "server public": S,
    "client random": ct + vouch_nonce,
    "server random": st + cookie_key + cookie_nonce + welcome_nonce,
    "hello": hello, "welcome": welcome, "initiate": initiate, "ready": ready,
    # Bodies are the first bytes of fixed(size, 9).
    "message of 0": message(3, b"CurveZMQMESSAGEC", 0, b"", St, ct),
    "message of 1 with more": message(4, b"CurveZMQMESSAGEC", 1, fixed(1, 9), St, ct),
    "message of 31 as command": message(5, b"CurveZMQMESSAGEC", 2, fixed(31, 9), St, ct),
    "message of 32": message(6, b"CurveZMQMESSAGEC", 0, fixed(32, 9), St, ct),
    "message of 300": message(7, b"CurveZMQMESSAGEC", 0, fixed(300, 9), St, ct),
    "answer of 100": message(2, b"CurveZMQMESSAGES", 0, fixed(100, 9), Ct, st),
}

with open("curve_vectors.txt", "w") as out:
    out.write("# written by curve_vectors.py with libsodium\n")
    for name, value in vectors.items():
        out.write("%s = %s\n" % (name, value.hex()))
