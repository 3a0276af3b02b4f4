// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"bytes"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
	"golang.org/x/sys/unix"
)

// lent makes a connection whose reader stays at its descriptor, after one message at a
// time.
func lent(t *testing.T) (*reading, *peer) {
	t.Helper()
	return lentBy(t, option.Pull, "PUSH", false)
}

// lentBy is that for a socket of a type that lends whole connections, or not.
func lentBy(t *testing.T, typ int, name string, whole bool) (*reading, *peer) {
	t.Helper()
	o, p, far := connected(t, typ, name, func(o *owner) { o.lends, o.whole = true, whole })
	r := &reading{o: o, p: p}
	var f msg.Part
	for range 1000 {
		if p.Peer().Fetching() && r.settled() {
			o.stays = true
			r.none()
			return r, far
		}
		if p.Read(&f) {
			t.Fatal("a message that nobody sent")
		}
		s := script{next: r.next}
		s.messages(1, 8)
		s.send(far, 100)
		if !r.upTo(s.next) {
			t.FailNow()
		}
	}
	t.Fatal("the connection was never lent")
	return nil, nil
}

// TestNothingIsSparedForWhoDoesNotStay: a connection whose socket would not have it lent
// is watched as at the beginning.
func TestNothingIsSparedForWhoDoesNotStay(t *testing.T) {
	o, p, far := connected(t, option.Pull, "PUSH")
	r := &reading{o: o, p: p}
	for range 4 * lendWakesMin {
		r.none()
		s := script{next: r.next}
		s.messages(1, 8)
		s.send(far, 100)
		if !r.upTo(s.next) {
			t.FailNow()
		}
	}
	if r.settled() || o.session.stream.Load().watch.sparing {
		t.Error("the connection is watched less than at the beginning")
	}
}

// settled waits until the loop has done what it was at, and reports whether the
// connection is lent then: it may have been taken back again at once, because the
// reader had gone to sleep.
func (r *reading) settled() bool {
	r.o.t.Helper()
	done := make(chan struct{})
	r.o.session.loop.Send(reactor.Command{Op: opFence, To: r, Arg: done})
	<-done
	for len(r.o.taken) > 0 {
		<-r.o.taken
	}
	return r.p.Peer().Fetching()
}

// opFence ends a wait for everything that the loop was told before.
var opFence = &reactor.Op{Name: "fence", Run: func(c reactor.Command) { close(c.Arg.(chan struct{})) }}

// none reads what is not there.
func (r *reading) none() {
	r.o.t.Helper()
	if r.p.CheckRead() {
		r.o.t.Fatal("something is there to read")
	}
}

// back waits until the loop has the connection again.
func (r *reading) back() {
	r.o.t.Helper()
	select {
	case <-r.o.taken:
	case <-time.After(30 * time.Second):
		r.o.t.Fatal("the connection does not come back")
	}
}

// readable waits until the peer's bytes have come.
func (r *reading) readable() {
	r.o.t.Helper()
	e := r.o.session.stream.Load()
	if !waitReadable(e.fd) {
		r.o.t.Fatal("nothing comes")
	}
}

// TestAttended: at the edge all that has come is read, be it more than one read
// brings, and the receiver, who sleeps, is told once.
func TestAttended(t *testing.T) {
	r, far := lent(t)
	for range 50 {
		s := script{next: r.next}
		s.messages(30, 300)
		s.send(far, 1<<20)
		r.readable()
		r.o.session.Attended()
		select {
		case <-r.o.awake:
		default:
			t.Fatal("the receiver was not told")
		}
		var f msg.Part
		for r.next < s.next && r.p.Read(&f) {
			r.next++
			f.Drop()
		}
		if r.next != s.next {
			t.Fatalf("%d messages were left behind", s.next-r.next)
		}
		r.none()
	}
	if len(r.o.taken) > 0 {
		t.Error("the loop had to help")
	}
}

// TestLentComesBack: whatever is not the receiver's ends the lending, and nothing that
// has come is lost.
func TestLentComesBack(t *testing.T) {
	for name, act := range map[string]func(r *reading, far *peer){
		"the reader does not stay": func(r *reading, _ *peer) { r.o.stays = false; r.none() },
		"recalled":                 func(r *reading, _ *peer) { r.o.session.Recall() },
		"nothing moves":            func(*reading, *peer) {}, // the loop looks after a second
		"a PING": func(r *reading, far *peer) {
			far.say(appendCommand(nil, zmtp.AppendPing(nil, 0, []byte("hello"))))
			r.readable()
			r.o.session.Attended()
			if _, body := far.frame(); string(body) != "\x04PONGhello" {
				t.Errorf("%q came", body)
			}
			r.back()
			for range 50 { // it is lent no more
				r.none()
				s := script{next: r.next}
				s.messages(1, 8)
				s.send(far, 100)
				r.upTo(s.next)
			}
			if r.p.Peer().Fetching() || len(r.o.taken) > 0 {
				t.Error("the connection of a peer that counts is lent again")
			}
			r.o.taken <- struct{}{}
		},
		"a large body": func(r *reading, far *peer) {
			s := script{next: r.next}
			s.messages(1, 100<<10)
			go s.send(far, 1<<20)
			r.readable()
			r.o.session.Attended()
			r.upTo(r.next + 1)
		},
		"the peer leaves": func(r *reading, far *peer) { _ = far.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			r, far := lent(t)
			act(r, far)
			r.back()
			if name == "the peer leaves" {
				if r.upTo(r.next + 1) {
					t.Error("a message that nobody sent")
				}
				return
			}
			s := script{next: r.next}
			s.messages(3, 8)
			s.send(far, 1)
			r.upTo(s.next)
		})
	}
}

// attends reads one part, as who sleeps at the descriptor does where it is lent.
func (r *reading) attends(f *msg.Part) {
	r.o.t.Helper()
	for !r.p.Read(f) {
		fd := int32(r.o.session.stream.Load().fd)
		if n, err := unix.Poll([]unix.PollFd{{Fd: fd, Events: unix.POLLIN}}, 10); n == 1 && err == nil && r.p.Peer().Fetching() {
			r.o.session.Attended()
		}
		select {
		case <-r.o.awake:
		default:
		}
	}
}

// TestLentWhole: where a connection is lent whole the receiver reads whatever comes but
// commands by himself, large bodies in pieces that end anywhere among them, and nobody
// takes it back.
func TestLentWhole(t *testing.T) {
	r, far := lentBy(t, option.Pair, "PAIR", true)
	rnd := rand.New(rand.NewPCG(5, 6))
	filling := make([]byte, buf4MiB+100)
	for i := range filling {
		filling[i] = byte(rnd.Uint32())
	}
	var sent [][]byte
	var more []bool
	for range 60 {
		shape := shapes[rnd.IntN(len(shapes))]
		for range 1 + rnd.IntN(4) {
			for i, size := range shape {
				at := rnd.IntN(len(filling) - size)
				sent, more = append(sent, filling[at:at+size]), append(more, i < len(shape)-1)
			}
		}
	}
	done, lent := make(chan struct{}), 0
	go func() {
		defer close(done)
		var s script
		for i, body := range sent {
			flags := byte(0)
			if more[i] {
				flags = zmtp.FlagMore
			}
			s.buf = append(zmtp.AppendHeader(s.buf, flags, len(body)), body...)
			if rnd.IntN(3) == 0 {
				s.send(far, 1+len(s.buf)/1000+rnd.IntN(1<<(4+rnd.IntN(18))))
			}
		}
		s.send(far, 1<<20)
	}()
	for i, want := range sent {
		var f msg.Part
		r.attends(&f)
		if r.p.Peer().Fetching() {
			lent++
		}
		if !bytes.Equal(f.Data, want) || f.HasMore() != more[i] {
			t.Fatalf("frame %d: %d bytes, more %v, where %d were sent", i, len(f.Data), f.HasMore(), len(want))
		}
		f.Drop()
	}
	<-done
	r.none()
	// On a busy machine nothing may have moved for so long that the loop looks.
	if lent < len(sent)/2 {
		t.Errorf("only %d of %d frames came while the connection was lent", lent, len(sent))
	}
}

// TestLentByPieces: messages that come in pieces, small and large, have the connection
// lent, and it stays the receiver's, whatever the loop was about to do.
func TestLentByPieces(t *testing.T) {
	for _, size := range []int{8 << 10, directBytesMin} {
		lentByPieces(t, size)
	}
}

func lentByPieces(t *testing.T, size int) {
	t.Helper()
	o, p, far := connected(t, option.Pair, "PAIR", func(o *owner) { o.lends, o.whole = true, true })
	r := &reading{o: o, p: p}
	body := message(nil, make([]byte, size))
	for n := range 100 {
		if p.Peer().Fetching() && r.settled() {
			o.stays = true
			onLoop(o, func() { o.session.stream.Load().requeue(moreIn) })
			if r.none(); !r.settled() {
				t.Errorf("after %d bodies the loop has it back", n)
			}
			r.toldOf(far, body)
			return
		}
		var f msg.Part
		if p.Read(&f) {
			t.Fatal("a message that nobody sent")
		}
		far.say(body[:100]) // a piece by itself makes no message
		r.swallowed()
		far.say(body[100:])
		for !p.Read(&f) {
			<-o.awake
		}
		f.Drop()
	}
	t.Errorf("%d bytes: the connection was never lent", size)
}

// toldOf checks that the receiver, who sleeps, is told of a body that he has read.
func (r *reading) toldOf(far *peer, body []byte) {
	r.o.t.Helper()
	for len(r.o.awake) > 0 {
		<-r.o.awake
	}
	far.say(body)
	for len(r.o.awake) == 0 {
		r.readable()
		r.o.session.Attended()
	}
	if !r.p.CheckRead() {
		r.o.t.Error("nothing is there")
	}
}

// swallowed waits until the loop has read what has come.
func (r *reading) swallowed() {
	r.o.t.Helper()
	for n := 1; n > 0; runtime.Gosched() {
		var err error
		fd := int32(r.o.session.stream.Load().fd)
		if n, err = unix.Poll([]unix.PollFd{{Fd: fd, Events: unix.POLLIN}}, 0); err != nil && err != unix.EINTR {
			r.o.t.Fatal(err)
		}
	}
	onLoop(r.o, func() {})
}

// TestLentWholeIsForAnswers: who only receives has his large bodies from the loop.
func TestLentWholeIsForAnswers(t *testing.T) {
	r, far := lentBy(t, option.Pull, "PUSH", true)
	s := script{next: r.next}
	s.messages(1, 100<<10)
	go s.send(far, 1<<20)
	r.readable()
	if r.o.session.Attended(); r.p.Peer().Fetching() {
		t.Error("it is the receiver's")
	}
	r.upTo(s.next)
}

// TestWholeIsWrittenByItsSender: who has a connection whole writes large bodies, too, and
// no loop is there.
func TestWholeIsWrittenByItsSender(t *testing.T) {
	r, far := lentBy(t, option.Pair, "PAIR", true)
	started, over := make(chan struct{}), make(chan struct{})
	r.o.session.loop.Send(reactor.Command{Op: opStand, To: started, Arg: over})
	<-started
	defer close(over)
	r.send(inlineBodyBytesMax)
	if _, err := io.CopyN(io.Discard, far, int64(zmtp.HeaderSizeMax+inlineBodyBytesMax)); err != nil {
		t.Error(err)
	}
}

// opStand has the loop stand until it may go on.
var opStand = &reactor.Op{Name: "stand", Run: func(c reactor.Command) {
	close(c.To.(chan struct{}))
	<-c.Arg.(chan struct{})
}}

// send sends a body of a size.
func (r *reading) send(size int) {
	r.o.t.Helper()
	body := buf.NewBody(size)
	r.o.sending.Lock()
	ok := r.p.Write(&msg.Part{Data: body.Bytes(), Body: body})
	awake := r.p.Flush()
	r.o.sending.Unlock()
	if !ok {
		r.o.t.Fatal("there is no room")
	}
	if !awake {
		r.p.Signal()
	}
}

// TestCramped: where the kernel does not take large bodies at once again and again, they
// are the loop's, and so is the connection, until they fit again.
func TestCramped(t *testing.T) {
	r, far := lentBy(t, option.Pair, "PAIR", true)
	const large = 4 << 20
	read := func(size int) {
		if _, err := io.CopyN(io.Discard, far, int64(zmtp.HeaderSizeMax+size)); err != nil {
			t.Error(err)
		}
	}
	n := 0
	for ; len(r.o.taken) == 0; n++ {
		if n > 10*crampedMax {
			t.Fatal("the connection stays with its receiver")
		}
		r.send(large)
		read(large)
		onLoop(r.o, func() {})
	}
	if n <= crampedMax/crampedStep {
		t.Errorf("%d bodies are enough", n)
	}
	<-r.o.taken
	r.o.stays = false
	one := func() {
		r.none()
		s := script{next: r.next}
		s.messages(1, 8)
		s.send(far, 100)
		r.upTo(s.next)
	}
	for range 4 * lendWakesMin {
		if one(); r.p.Peer().Fetching() {
			t.Fatal("it is lent again at once")
		}
	}
	for range crampedTop {
		r.send(directBytesMin)
		read(directBytesMin)
	}
	for range 1000 {
		if one(); r.p.Peer().Fetching() {
			return
		}
	}
	t.Error("it is never lent again")
}

func TestFitted(t *testing.T) {
	var o output
	for range 2 * crampedTop {
		o.fitted(false)
	}
	for n := 0; o.cramped > crampedMax; n++ {
		if o.fitted(true); n > crampedTop {
			t.Fatal("it is never forgotten")
		}
	}
	for range 10 * crampedTop { // one of ten
		o.fitted(false)
		for range 9 {
			o.fitted(true)
		}
		if o.cramped > crampedMax {
			t.Fatal("a few count as many")
		}
	}
	if o.fitted(true); o.cramped != 0 {
		t.Error(o.cramped)
	}
}
