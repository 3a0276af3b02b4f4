// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"testing"
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/reactor"
)

// lent makes a connection whose reader stays at its descriptor, after one message at a
// time.
func lent(t *testing.T) (*reading, *peer) {
	t.Helper()
	o, p, far := connected(t, option.Pull, "PUSH", func(o *owner) { o.lends = true })
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
