# SPDX-License-Identifier: MPL-2.0
"""What a MessageTracker says: bodies of 4 KiB and more, which travel by reference, are
done when they have been sent and not before, in all parts and for all who hold them."""

import time

import zmq

BODY = b"b" * 8192


def done(tracker):
    """Waits until the library is done with the bodies: it says so on a thread of its own."""
    tracker.wait(timeout=30)
    return tracker.done


with zmq.Context() as context, context.socket(zmq.PUSH) as a, context.socket(zmq.PULL) as b:
    for s in (a, b):
        s.linger = 0
        s.rcvtimeo = s.sndtimeo = 30000
    a.copy_threshold = 0
    a.connect("inproc://tracker")  # nobody is there to take it
    parts = a.send_multipart([BODY, BODY], copy=False, track=True)
    assert not parts.done
    b.bind("inproc://tracker")
    assert b.recv_multipart() == [BODY, BODY]
    assert done(parts)

    frame = zmq.Frame(BODY, copy=False, track=True)
    first, second = a.send(frame, copy=False), a.send(frame, copy=False)
    assert not frame.tracker.done and not first.done and not second.done
    assert b.recv() == BODY and b.recv() == BODY
    assert not first.done and not second.done, "the program still has the frame"
    del frame
    assert done(first) and done(second)

    small = a.send(b"small", copy=False, track=True)
    assert b.recv() == b"small"
    assert done(small)

print("ok")
