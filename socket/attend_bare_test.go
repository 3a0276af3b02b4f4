// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// bare is a receiver that waits as a thread of a C program does.
type bare struct {
	*attending
	fd  int  // of ZMQ_FD
	own int  // how many waits ended at the peer's descriptor
	mid bool // in the middle of a message
}

func newBare(t *testing.T, out, in int, set ...func(*Base)) *bare {
	t.Helper()
	r := &bare{attending: newAttending(t, out, in, append(set, (*Base).GoBare)...)}
	var err error
	if r.fd, err = r.in.FD(); err != nil {
		t.Fatal(err)
	}
	return r
}

// part takes a part, and the last one of each message as the next that was sent.
func (r *bare) part(f *msg.Part) {
	if r.mid = f.HasMore(); r.mid {
		return
	}
	if n := binary.BigEndian.Uint64(f.Data); n != r.got {
		r.Errorf("message %d came where %d was due", n, r.got)
	}
	r.got++
}

// wait receives a part, or gives up after so many ms; negative is never.
func (r *bare) wait(ms int) errno.Errno {
	for woken := false; ; woken = true {
		if woken {
			r.in.ClearSignal()
		}
		fd, e := r.in.RecvPartStaying(r.part, woken)
		if e != errno.EAGAIN {
			return e
		}
		if !r.sleep(fd, ms) {
			r.in.Unstay()
			return errno.EAGAIN
		}
	}
}

// sleep waits for either descriptor. It returns false where none is readable in time.
func (r *bare) sleep(fd, ms int) bool {
	fds := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}, {Fd: int32(fd), Events: unix.POLLIN}}
	bound := ms
	if ms < 0 {
		bound = 60_000
	}
	n, err := unix.Poll(fds, bound)
	switch {
	case err == unix.EINTR:
		return true
	case err != nil:
		r.Error(err)
	case n == 0 && ms < 0:
		r.Errorf("nobody woke the receiver, who waits for message %d", r.got)
	case fds[1].Revents != 0:
		r.own++
	}
	return n > 0
}

func (r *bare) recvAll() {
	r.Helper()
	for r.got < r.sent || r.mid {
		if e := r.wait(-1); e != errno.OK {
			r.Fatalf("message %d: %v", r.got, e)
		}
	}
}

// lendBare waits for one message after another until the connection is lent.
func (r *bare) lendBare() {
	r.Helper()
	for range 1000 {
		if r.lent() {
			return
		}
		if e := r.wait(0); e != errno.EAGAIN {
			r.Fatal(e)
		}
		r.send(1, 8) // finds the receiver asleep
		r.recvAll()
	}
	r.Fatal("the connection was never lent")
}

// TestAttendBare: whatever a thread does between its waits, each message reaches it, in
// order and once, and it never sleeps on.
func TestAttendBare(t *testing.T) {
	for name, types := range map[string][2]int{
		"PULL": {option.Push, option.Pull}, "SUB": {option.Pub, option.Sub}, "PAIR": {option.Pair, option.Pair},
		"DEALER": {option.Dealer, option.Dealer}, "ROUTER": {option.Dealer, option.Router},
	} {
		t.Run(name, func(t *testing.T) {
			r := newBare(t, types[0], types[1])
			rng := rand.New(rand.NewPCG(1, 2))
			lent := 0
			for range 400 {
				if rng.IntN(8) == 0 {
					r.lendBare()
				}
				if r.lent() {
					lent++
				}
				r.stepBare(rng)
				r.recvAll()
			}
			if lent == 0 || r.own == 0 {
				t.Errorf("the connection was hardly ever lent: %d times, %d waits at it", lent, r.own)
			}
		})
	}
}

// stepBare does one thing of many.
func (r *bare) stepBare(rng *rand.Rand) {
	switch rng.IntN(9) {
	case 0:
		r.send(rng.IntN(100), 8+rng.IntN(300))
	case 1:
		r.send(1, 40<<10)
	case 2:
		r.send(1+rng.IntN(3), 5000)
	case 3:
		for r.in.RecvPart(r.part) == errno.OK || r.mid {
		}
	case 4:
		r.send(1+rng.IntN(3), 100<<10+rng.IntN(1<<20))
	case 5:
		if e := r.wait(1); e != errno.EAGAIN {
			r.Errorf("a wait that timed out: %v", e)
		}
	case 6:
		if e := r.wait(0); e != errno.EAGAIN {
			r.Errorf("a wait that was given up: %v", e)
		}
		r.send(1, 8)
		if !r.sleep(-1, -1) {
			return
		}
		for r.in.Ready()&PollIn == 0 && r.sleep(-1, -1) {
		}
	case 7:
		r.in.Ready()
	case 8:
		r.send(1, 8)
	}
}

// TestAttendBareIsTold: what takes a lent connection back wakes the thread that sleeps at
// its descriptor, which it holds open, and so does the end of all.
func TestAttendBareIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(r *bare)
		want errno.Errno
	}{
		"recalled":           {func(r *bare) { r.in.att.recall() }, errno.EAGAIN},
		"another connection": {func(r *bare) { _ = r.in.Connect("tcp://127.0.0.1:1") }, errno.EAGAIN},
		"the context ends":   {func(r *bare) { r.in.ctx.Shutdown() }, errno.ETERM},
		"the peer leaves":    {func(r *bare) { _ = r.out.Close() }, errno.EAGAIN},
		"disconnected":       {func(r *bare) { _ = r.in.Disconnect(r.out.LastEndpoint()) }, errno.EAGAIN},
	} {
		t.Run(name, func(t *testing.T) {
			r := newBare(t, option.Pair, option.Pair)
			r.lendBare()
			fd, e := r.in.RecvPartStaying(r.part, false)
			if e != errno.EAGAIN || fd < 0 || !r.inside() {
				t.Fatalf("%v, descriptor %d, inside %v", e, fd, r.inside())
			}
			c.act(r)
			for woken := false; !woken || r.lent() && e == errno.EAGAIN; woken = true {
				if !r.sleep(fd, -1) {
					t.Fatal("the thread sleeps on")
				}
				r.in.ClearSignal()
				fd, e = r.in.RecvPartStaying(r.part, true)
			}
			if e != c.want {
				t.Errorf("%v", e)
			}
			if !r.lent() && r.inside() {
				t.Error("the thread is at nobody's descriptor")
			}
		})
	}
}

// TestAttendBareSlow: a connection whose receiver works on what one read has brought
// comes back to its loop after a while, though he receives all the time.
func TestAttendBareSlow(t *testing.T) {
	r := newBare(t, option.Pair, option.Pair)
	a := &r.in.att
	r.lendBare()
	a.mu.Lock()
	a.timer.Stop()
	a.armed = true // vacant comes as it is called
	a.mu.Unlock()
	r.send(5, 8)
	r.sentAll()
	for range 3 {
		if e := r.wait(-1); e != errno.OK {
			t.Fatal(e)
		}
		a.vacant()
		a.mu.Lock()
		if a.timer != nil {
			a.timer.Stop()
		}
		a.mu.Unlock()
	}
	if r.fence(); r.lent() {
		t.Error("the connection stays with a receiver who does not read")
	}
	r.recvAll()
}

// sentAll waits until the sender's loop has written everything.
func (r *bare) sentAll() {
	r.Helper()
	if _, err := r.out.Stats(r.ctx); err != nil {
		r.Fatal(err)
	}
}

// TestAttendBareStalled: what a read has brought beyond the mark is not forgotten when the
// loop takes back a connection where nothing has moved for long.
func TestAttendBareStalled(t *testing.T) {
	const mark = 20
	r := newBare(t, option.Pair, option.Pair, func(b *Base) {
		if err := b.SetOptions(func(o *option.Options) error { o.RecvHWM = mark; return nil }); err != nil {
			t.Error(err)
		}
	})
	a := &r.in.att
	for range 20 {
		r.lendBare()
		a.mu.Lock()
		a.timer.Stop()
		a.armed = true // vacant comes no more
		a.mu.Unlock()
		fd, e := r.in.RecvPartStaying(r.part, false)
		if e != errno.EAGAIN || fd < 0 {
			continue // taken back just now
		}
		r.send(2*mark, 8)
		r.sentAll()
		for range mark - 1 {
			if e := r.wait(-1); e != errno.OK {
				t.Fatal(e)
			}
		}
		r.until("the loop looks", func() bool { return !r.lent() })
		r.recvAll()
		return
	}
	t.Fatal("the connection was hardly ever lent")
}

// TestAttendBareLeaves: who has a message is not at the descriptor any more, and who gives
// up leaves the connection to its loop at once.
func TestAttendBareLeaves(t *testing.T) {
	r := newBare(t, option.Pair, option.Pair)
	for range 20 {
		r.lendBare()
		fd, e := r.in.RecvPartStaying(r.part, false)
		if e != errno.EAGAIN || fd < 0 {
			continue // taken back just now
		}
		r.send(1, 8)
		if r.recvAll(); r.inside() {
			t.Error("nobody is there")
		}
		if fd, e = r.in.RecvPartStaying(r.part, false); e != errno.EAGAIN || fd < 0 {
			continue
		}
		r.in.Unstay()
		if r.fence(); r.lent() || r.inside() {
			t.Error("the connection is left to nobody")
		}
		return
	}
	t.Fatal("the connection was hardly ever lent")
}

// TestAttendBareNotWaiting: who finds nothing and does not wait has nothing lent.
func TestAttendBareNotWaiting(t *testing.T) {
	r := newBare(t, option.Pair, option.Pair)
	for range 5 {
		r.lendBare()
		if lends, whole := r.in.Lends(); !lends || !whole {
			t.Error(lends, whole)
		}
		if e := r.in.RecvPart(r.part); e != errno.EAGAIN {
			t.Error(e)
		}
		if r.fence(); r.lent() {
			t.Error("the connection is left to nobody")
		}
		if lends, _ := r.in.Lends(); lends {
			t.Error("it is to be lent again")
		}
	}
}

// TestAttendBareSignals: what the thread brings in by itself is not told by its own
// descriptor, what others bring is.
func TestAttendBareSignals(t *testing.T) {
	r := newBare(t, option.Pair, option.Pair)
	for range 20 {
		r.lendBare()
		r.in.ClearSignal()
		fd, e := r.in.RecvPartStaying(func(*msg.Part) {}, false)
		if e != errno.EAGAIN || fd < 0 {
			continue // taken back just now
		}
		r.send(1, 8)
		if !r.sleep(fd, -1) {
			t.Fatal("nothing comes")
		}
		told := r.in.signal.raised.Load()
		if _, e = r.in.RecvPartStaying(r.part, true); e != errno.OK {
			continue
		}
		if !told && r.in.signal.raised.Load() {
			t.Error("the thread has woken itself")
		}
		r.in.RaiseSignal()
		if fds := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}}; !readable(t, fds) {
			t.Error("nobody can be told any more")
		}
		return
	}
	t.Fatal("the connection was hardly ever lent")
}

func readable(t *testing.T, fds []unix.PollFd) bool {
	t.Helper()
	for range 100 {
		if n, err := unix.Poll(fds, int(time.Second/time.Millisecond)); err != unix.EINTR {
			return n == 1 && err == nil
		}
	}
	return false
}

// TestHush: raises between hush and unhush write nothing, those before and after do, and
// whoever has raised before keeps what he has raised.
func TestHush(t *testing.T) {
	r := newBare(t, option.Pair, option.Pair)
	s := &r.in.signal
	fds := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}}
	r.in.ClearSignal()
	if !s.hush() {
		t.Fatal("something is raised")
	}
	s.raise()
	if n, err := unix.Poll(fds, 0); n != 0 || err != nil && !errors.Is(err, unix.EINTR) {
		t.Error("a raise was heard", n, err)
	}
	s.unhush()
	s.raise()
	if !readable(t, fds) {
		t.Error("a raise was not heard")
	}
	if s.hush() {
		t.Error("what is raised was hushed")
	}
	r.in.ClearSignal()
	if n, _ := unix.Poll(fds, 0); n != 0 {
		t.Error("not taken back")
	}
}
