// SPDX-License-Identifier: MPL-2.0

// Previous: pipe.go (Signal), poller (Event). Next: transport/udp.go; back: the pipe.

package engine

import (
	"strings"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
	"github.com/zeroloop/zmq/transport"
)

// packetsPerTurnMax is how many packets one socket sends, or receives, in one turn
// of its loop.
const packetsPerTurnMax = 256

// Datagrams ties a UDP socket to a pipe (libzmq udp_engine_t): a message is one
// packet, of RADIO and DISH the length of the group in one byte, the group and the
// body, of DGRAM the body. What the network does not take, or brings damaged, is
// dropped.
type Datagrams struct {
	// immutable
	loop *reactor.Loop
	host Host
	d    *transport.Datagrams
	typ  int

	// loop only
	pipe    *pipe.Pipe // the session's end
	handle  reactor.Handle
	linger  reactor.Timer
	packet  []byte // is sent next, where waits is set
	to      string // DGRAM: where to
	waits   bool
	full    bool // the pipe is: go on reading at WriteActivated
	queued  bool
	closing bool
	ended   bool
	in      [transport.DatagramBytesMax + 1]byte // one more than is allowed, to see what is too long
}

var (
	opPacketsStart = &reactor.Op{Name: "datagrams start"}
	opPacketsOut   = &reactor.Op{Name: "datagrams out"}
	opPacketsIn    = &reactor.Op{Name: "datagrams in"}
	opPacketsTerm  = &reactor.Op{Name: "datagrams term"} // N is linger
)

func init() {
	opPacketsStart.Run = func(c reactor.Command) { c.To.(*Datagrams).processStart() }
	opPacketsOut.Run = func(c reactor.Command) { c.To.(*Datagrams).out() }
	opPacketsIn.Run = func(c reactor.Command) { c.To.(*Datagrams).resume() }
	opPacketsTerm.Run = func(c reactor.Command) { c.To.(*Datagrams).processTerm(time.Duration(c.N)) }
}

// NewDatagrams makes the object for an open UDP socket, which it owns from now on,
// and its end of a pipe. It does nothing before Start.
func NewDatagrams(loop *reactor.Loop, host Host, typ int, d *transport.Datagrams, p *pipe.Pipe) *Datagrams {
	u := &Datagrams{loop: loop, host: host, d: d, typ: typ, pipe: p}
	p.SetSink(u)
	return u
}

// Discard gives up one that was never started.
func (u *Datagrams) Discard() { _ = syscall.Close(u.d.FD) }

// Start lets it begin on its loop. Any goroutine, once.
func (u *Datagrams) Start() { u.loop.Send(reactor.Command{Op: opPacketsStart, To: u}) }

// Term implements Object.
func (u *Datagrams) Term(linger time.Duration) {
	u.loop.Send(reactor.Command{Op: opPacketsTerm, To: u, N: int64(linger)})
}

// ReadActivated implements pipe.Sink: the application has written.
func (u *Datagrams) ReadActivated(*pipe.Pipe) {
	u.loop.Send(reactor.Command{Op: opPacketsOut, To: u})
}

// WriteActivated implements pipe.Sink: the application has read.
func (u *Datagrams) WriteActivated(*pipe.Pipe) {
	u.loop.Send(reactor.Command{Op: opPacketsIn, To: u})
}

// PeerClosed implements pipe.Sink: the socket has let the pipe go.
func (u *Datagrams) PeerClosed(*pipe.Pipe) {
	u.loop.Send(reactor.Command{Op: opPacketsOut, To: u})
}

func (u *Datagrams) processStart() {
	if u.ended {
		return
	}
	h, err := u.loop.Register(u.d.FD, u)
	if err != nil {
		u.end()
		return
	}
	u.handle = h
	u.out()
	u.read()
}

// processTerm ends it when what was sent before is out, or after linger.
func (u *Datagrams) processTerm(linger time.Duration) {
	u.closing = true
	if linger != 0 {
		u.out()
	}
	switch {
	case u.ended:
	case linger == 0 || !u.waits && !u.queued:
		u.end()
	case linger > 0:
		u.loop.SetTimer(&u.linger, linger, u)
	}
}

// Fire implements reactor.Alarm: LINGER is over.
func (u *Datagrams) Fire(*reactor.Timer) { u.end() }

// Event implements reactor.Handler.
func (u *Datagrams) Event(r poller.Ready) {
	if r&poller.Out != 0 {
		u.out()
	}
	if r&(poller.In|poller.Error) != 0 {
		u.read()
	}
}

// Step implements reactor.Stepper.
func (u *Datagrams) Step() {
	u.queued = false
	u.out()
	u.read()
}

func (u *Datagrams) requeue() {
	if !u.queued {
		u.queued = true
		u.loop.Requeue(u)
	}
}

// out sends what the application has written. A packet that the kernel refuses for
// another reason than want of room is lost, as packets are; libzmq gives the socket
// up (edge case 162).
func (u *Datagrams) out() {
	if u.ended || u.queued {
		return
	}
	for range packetsPerTurnMax {
		if !u.waits && !u.next() {
			if u.pipe.EOF() {
				u.end()
			}
			return
		}
		if u.send() == syscall.EAGAIN {
			return
		}
		u.waits = false
	}
	u.requeue()
}

func (u *Datagrams) send() syscall.Errno {
	switch u.typ {
	case option.Radio:
		return u.d.Send(u.packet)
	case option.Dgram:
		return u.d.SendTo(u.packet, u.to)
	}
	return 0 // what a DISH says, nobody wants to know
}

// next makes a packet of the next message; false where there is none. Messages that
// do not fit are dropped.
func (u *Datagrams) next() bool {
	var f msg.Part
	for u.pipe.Read(&f) {
		u.packet = u.packet[:0]
		if u.typ == option.Dgram {
			u.to = strings.TrimSuffix(string(f.Data), "\x00")
		} else {
			u.packet = append(append(u.packet, byte(len(f.Data))), f.Data...)
		}
		for f.HasMore() {
			f.Drop()
			if !u.pipe.Read(&f) {
				return false
			}
			if len(u.packet)+len(f.Data) > transport.DatagramBytesMax {
				u.packet = u.packet[:0]
				continue
			}
			u.packet = append(u.packet, f.Data...)
			u.waits = !f.HasMore()
		}
		f.Drop()
		if u.waits {
			return true
		}
	}
	return false
}

// resume goes on reading after the application has made room.
func (u *Datagrams) resume() {
	if u.full {
		u.full = false
		u.read()
	}
}

// read hands over what has arrived.
func (u *Datagrams) read() {
	if u.ended || u.full {
		return
	}
	again := true
	for n := 0; again && n < packetsPerTurnMax; n++ {
		again = u.readOne()
	}
	if !u.pipe.Flush() {
		u.pipe.Signal()
	}
	if again {
		u.requeue()
	}
}

// readOne receives one packet; false where there is no more for now.
func (u *Datagrams) readOne() bool {
	if !u.pipe.CheckWrite() {
		u.full = true
		return false
	}
	n, from, no := u.d.Receive(u.in[:], u.typ == option.Dgram)
	if no != 0 {
		// Others than EAGAIN speak of packets that were sent before.
		return no != syscall.EAGAIN
	}
	if n > transport.DatagramBytesMax {
		return true
	}
	switch u.typ {
	case option.Dish:
		u.deliverGroup(u.in[:n])
	case option.Dgram:
		u.deliver(append([]byte(from), 0), u.in[:n])
	}
	return true
}

// deliverGroup takes a packet apart. One that is too short for its group is dropped
// (edge case 163).
func (u *Datagrams) deliverGroup(p []byte) {
	if len(p) == 0 || len(p) < 1+int(p[0]) {
		return
	}
	at := 1 + int(p[0])
	u.deliver(p[1:at], p[at:])
}

func (u *Datagrams) deliver(head, body []byte) {
	if !u.pipe.Write(&msg.Part{Data: head, Flags: msg.More}) || !u.pipe.Write(&msg.Part{Data: body}) {
		u.pipe.Rollback()
	}
}

// end gives everything up.
func (u *Datagrams) end() {
	if u.ended {
		return
	}
	u.ended = true
	u.loop.CancelTimer(&u.linger)
	u.loop.Unregister(&u.handle)
	_ = syscall.Close(u.d.FD)
	u.pipe.CloseWrite()
	u.pipe.CloseRead()
	u.pipe.NotifyClosed()
	u.host.Left(u)
}

// Fault implements reactor.Faulter: a defect of ours costs this endpoint.
func (u *Datagrams) Fault(*reactor.Fault) { u.end() }
