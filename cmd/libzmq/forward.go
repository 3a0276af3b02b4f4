// SPDX-License-Identifier: MPL-2.0

//go:build cgo

// Previous: proxy.c. Next: socket/base_part.go.

package main

// #include "abi.h"
import "C"

import (
	"context"
	"sync"
	"unsafe"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/socket"
)

const (
	// forwardMessagesMax is how many messages a proxy takes from one side before it
	// looks at the other.
	forwardMessagesMax = 1000
	// burstMessagesMax and burstBytesMax bound what passes in one piece.
	burstMessagesMax = 256
	burstBytesMax    = 32 << 10
)

// forwarder moves messages from one socket to another. It belongs to the call that
// has taken it from forwarders.
type forwarder struct {
	from, to, capture *socket.Base
	counts            []C.uint64_t // see struct way in proxy.c

	room   int    // small messages that to takes for certain
	framed []byte // those that are on their way, as frames

	// the part that is on its way: received under one socket's lock, sent under
	// the other's
	memory []byte
	data   []byte
	body   *buf.Body
	more   bool
}

// goForward moves what is there and finds room, as much as is fair to the other
// direction, from one socket to another; capture, unless -1, gets a copy, and
// nothing is moved while it has no room (libzmq waits for it).
//
//export goForward
func goForward(from, to C.uint32_t, capture C.int, counts *C.uint64_t) (e C.int) {
	defer guard(&e)
	f := forwarders.Get().(*forwarder)
	f.from, f.to, f.capture = sockets[from].Load(), sockets[to].Load(), nil
	f.counts, f.room = unsafe.Slice(counts, 4), 0
	if capture >= 0 {
		f.capture = sockets[capture].Load()
	}
	if f.from == nil || f.to == nil || capture >= 0 && f.capture == nil {
		return C.int(errno.ENOTSOCK)
	}
	n := f.run()
	*f = forwarder{memory: f.memory, framed: f.framed} // the sockets are not kept
	forwarders.Put(f)
	return C.int(n)
}

var forwarders = sync.Pool{New: func() any { return new(forwarder) }}

// run moves messages as long as there are any, at most forwardMessagesMax and a burst.
func (f *forwarder) run() errno.Errno {
	for left := forwardMessagesMax; left > 0; {
		if n := f.burst(); n > 0 {
			left -= n
			continue
		}
		if !f.hasRoom() {
			return errno.OK
		}
		switch e := f.message(); e {
		case errno.OK:
			left--
			f.room = 0 // it has taken some
		case errno.EAGAIN:
			return errno.OK
		default:
			return e
		}
	}
	return errno.OK
}

// burst moves small messages of one part, as many in one piece as there are and find
// room, where nobody wants a copy. It returns how many; 0 where message has to look.
func (f *forwarder) burst() (count int) {
	if f.capture != nil || f.from == f.to {
		return 0
	}
	if f.room == 0 {
		_, f.room, _ = f.to.SendFramed(nil, burstMessagesMax, false)
	}
	f.framed = f.framed[:0]
	f.from.RecvAhead(func() bool { return count < f.room && len(f.framed) < burstBytesMax }, refuse,
		func(data []byte, _ *buf.Body, _ *msg.Properties) {
			f.framed = append(zmtp.AppendHeader(f.framed, 0, len(data)), data...)
			f.counts[1] += C.uint64_t(len(data))
			f.counts[3] += C.uint64_t(len(data))
			count++
		})
	if count == 0 {
		return 0
	}
	f.counts[0] += C.uint64_t(count)
	f.counts[2] += C.uint64_t(count)
	f.deliver()
	return count
}

// deliver sends what burst has received. What finds no room after all, as a peer has
// gone meanwhile, waits for some.
func (f *forwarder) deliver() {
	taken, room, _ := f.to.SendFramed(f.framed, burstMessagesMax, false)
	f.room = room
	for rest := f.framed[taken:]; len(rest) > 0; {
		_, size, n := zmtp.ParseHeader(rest)
		f.data, f.body, f.more = rest[n:][:size], nil, false
		_ = f.send()
		rest = rest[n+int(size):]
	}
}

// refuse leaves bodies to message.
func refuse(*buf.Body) bool { return false }

// hasRoom reports whether a message can be passed on.
func (f *forwarder) hasRoom() bool {
	return (f.to == f.from || f.to.Ready()&socket.PollOut != 0) &&
		(f.capture == nil || f.capture.Ready()&socket.PollOut != 0)
}

// message moves one message; EAGAIN where there is none.
func (f *forwarder) message() errno.Errno {
	for {
		if e := f.from.RecvPart(f.take); e != errno.OK {
			return e
		}
		size := C.uint64_t(len(f.data))
		f.counts[0]++
		f.counts[1] += size
		f.copyTo(f.capture)
		e := f.send()
		if e != errno.OK && f.body != nil {
			f.body.Release()
		}
		f.body = nil
		// A part for which there is no room any more, or no peer, is lost with its
		// message, as a REP's or ROUTER's answer is.
		if e != errno.OK && e != errno.EAGAIN && e != errno.EHOSTUNREACH {
			return e
		}
		f.counts[2]++
		f.counts[3] += size
		if !f.more {
			return errno.OK
		}
	}
}

// send waits where a message has no room although room said so: an XPUB with
// XPUB_NODROP knows only when it sees whom the message is for.
func (f *forwarder) send() errno.Errno {
	e := f.to.SendPart(f.data, f.body, f.more)
	if e == errno.EAGAIN {
		e = errno.From(f.to.SendPartWaiting(context.Background(), f.data, f.body, f.more))
	}
	return e
}

// take keeps a part until it is sent. It runs under the lock of from.
func (f *forwarder) take(p *msg.Part) {
	f.more = p.HasMore()
	if f.body, p.Body = p.Body, nil; f.body != nil {
		f.data = f.body.Bytes()
		return
	}
	f.memory = append(f.memory[:0], p.Data...)
	f.data = f.memory
}

// copyTo sends a copy of the part, which is dropped where there is no room any more.
func (f *forwarder) copyTo(capture *socket.Base) {
	if capture == nil {
		return
	}
	if f.body == nil {
		_ = capture.SendPart(f.data, nil, f.more)
		return
	}
	f.body.Retain(1)
	if capture.SendPart(nil, f.body, f.more) != errno.OK {
		f.body.Release()
	}
}
