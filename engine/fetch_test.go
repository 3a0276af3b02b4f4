// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// reading reads numbered messages from the socket's end of a pipe.
type reading struct {
	o       *owner
	p       *pipe.Pipe
	next    uint64
	fetched int // messages that were read while the receiver was to fetch
	slept   int
}

// upTo reads until the message before n has come. It returns false at the end of
// the pipe.
func (r *reading) upTo(n uint64) bool {
	var f msg.Part
	for r.next < n {
		if !r.p.Read(&f) {
			if r.p.EOF() {
				return false
			}
			r.slept++
			select {
			case <-r.o.awake:
			case <-time.After(30 * time.Second):
				r.o.t.Errorf("nobody woke the reader, who waits for message %d", r.next)
				return false
			}
			continue
		}
		if got := binary.BigEndian.Uint64(f.Data); got != r.next {
			r.o.t.Errorf("message %d came where %d was due", got, r.next)
			return false
		}
		if r.p.Peer().Fetching() {
			r.fetched++
		}
		r.next++
		f.Drop()
	}
	return true
}

// script is what a peer sends: numbered messages.
type script struct {
	buf  []byte
	next uint64
}

func (s *script) messages(n, size int) {
	body := make([]byte, max(size, 8))
	for range n {
		binary.BigEndian.PutUint64(body, s.next)
		s.buf = message(s.buf, body)
		s.next++
	}
}

// send lets the peer write what there is, in pieces that end anywhere.
func (s *script) send(p *peer, piece int) {
	for b := s.buf; len(b) > 0; {
		n := min(len(b), piece)
		p.say(b[:n])
		b = b[n:]
	}
	s.buf = s.buf[:0]
}

// TestFetch: a dense stream passes to its receiver, and whatever interrupts it,
// pauses, commands, large bodies, nothing is lost, doubled or forgotten, and nobody
// sleeps on.
func TestFetch(t *testing.T) {
	o, p, far := connected(t, option.Pull, "PUSH")
	r := &reading{o: o, p: p}
	pongs := make(chan struct{})
	pings := 0
	go func() {
		defer close(pongs)
		for {
			if flags, body := far.frame(); flags != zmtp.FlagCommand || len(body) < 5 || string(body[1:5]) != "PONG" {
				t.Errorf("%x came where a PONG was due", body)
				return
			}
			if pings--; pings == 0 {
				return
			}
		}
	}()
	rnd := rand.New(rand.NewPCG(1, 2))
	const rounds = 300
	pings = rounds / 3
	for round := range rounds {
		var s script
		s.next = r.next
		s.messages(2000+rnd.IntN(3000), 8+rnd.IntN(300))
		switch round % 3 {
		case 0:
			s.buf = appendCommand(s.buf, zmtp.AppendPing(nil, 0, nil))
		case 1:
			s.messages(1, 20<<10)
		}
		s.messages(rnd.IntN(2000), 8)
		done := make(chan struct{})
		go func() { defer close(done); s.send(far, 1+rnd.IntN(100_000)) }()
		ok := r.upTo(s.next)
		<-done
		if !ok {
			t.FailNow()
		}
	}
	<-pongs
	t.Logf("%d of %d messages came while the receiver fetched, who slept %d times", r.fetched, r.next, r.slept)
	if r.fetched == 0 {
		t.Error("the receiver never fetched")
	}
	if r.slept == 0 {
		t.Error("the receiver never slept")
	}
}

// fetching sends dense messages until the receiver fetches, who stops there.
func fetching(t *testing.T, r *reading, far *peer) {
	t.Helper()
	for range 1000 {
		s := script{next: r.next}
		s.messages(5000, 64)
		done := make(chan struct{})
		go func() { defer close(done); s.send(far, 64<<10) }()
		ok := r.upTo(s.next)
		<-done
		if !ok {
			t.FailNow()
		}
		if r.p.Peer().Fetching() {
			return
		}
	}
	t.Fatal("the receiver never fetched")
}

// TestFetchIsGivenBack: a receiver that has stopped receiving loses nothing of what
// comes besides messages: the loop answers a PING.
func TestFetchIsGivenBack(t *testing.T) {
	o, p, far := connected(t, option.Pull, "PUSH")
	r := &reading{o: o, p: p}
	fetching(t, r, far)
	far.say(appendCommand(nil, zmtp.AppendPing(nil, 0, []byte("hello"))))
	if _, body := far.frame(); string(body) != "\x04PONGhello" {
		t.Errorf("%q came", body)
	}
	s := script{next: r.next}
	s.messages(3, 8)
	s.send(far, 1)
	r.upTo(s.next)
}

// TestFetchEnds: what ends a connection while its receiver fetches, ends it.
func TestFetchEnds(t *testing.T) {
	for name, act := range map[string]func(o *owner, far *peer){
		"the peer leaves":    func(_ *owner, far *peer) { _ = far.Close() },
		"reserved flags":     func(_ *owner, far *peer) { far.say([]byte{0x88, 1, 0}) },
		"the session ends":   func(o *owner, _ *peer) { o.session.Term(0) },
		"half a message":     func(_ *owner, far *peer) { far.say([]byte{0, 9, 1}); _ = far.Close() },
		"a large body short": func(_ *owner, far *peer) { far.say(zmtp.AppendHeader(nil, 0, 1<<20)); _ = far.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			o, p, far := connected(t, option.Pull, "PUSH")
			r := &reading{o: o, p: p}
			fetching(t, r, far)
			s := script{next: r.next}
			s.messages(10, 8)
			s.send(far, 1000)
			go act(o, far)
			for r.upTo(r.next + 1) {
			}
			if n := r.next - s.next + 10; n != 10 && name != "the session ends" {
				t.Errorf("%d of the last 10 messages came", n)
			}
			_ = far.Close()
			x := <-o.left
			o.left <- x
		})
	}
}
