// SPDX-License-Identifier: MPL-2.0

package socket_test

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/socket"
)

// pairOf returns two sockets of a context that are connected by inproc.
func pairOf(t *testing.T, bound, connected int) (a, b *socket.Base) {
	t.Helper()
	c := socket.NewCtx()
	t.Cleanup(func() { _ = c.Term(t.Context()) })
	var bs [2]*socket.Base
	for i, typ := range []int{bound, connected} {
		s, err := c.New(typ, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		bs[i] = s
	}
	if err := errors.Join(bs[0].Bind("inproc://pair"), bs[1].Connect("inproc://pair")); err != nil {
		t.Fatal(err)
	}
	return bs[0], bs[1]
}

// polls reports whether fd becomes readable within ms.
func polls(t *testing.T, fd, ms int) bool {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, ms)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return n > 0
	}
}

// TestSignal: the descriptor polls readable for what has happened before, is taken
// back by Ready, comes again with a message, room and the end of the context.
func TestSignal(t *testing.T) {
	a, b := pairOf(t, option.Pair, option.Pair)
	fd := getInt(t, a, option.FDID)
	if again, err := a.FD(); err != nil || again != fd {
		t.Fatalf("FD is %d, then %d, %v", fd, again, err)
	}
	if !polls(t, fd, 0) {
		t.Error("what was before FD is not told")
	}
	if got := a.Ready(); got != socket.PollOut || polls(t, fd, 0) {
		t.Errorf("ready for %d, or the signal stays", got)
	}
	if e := b.SendPart([]byte("x"), nil, false); e != errno.OK {
		t.Fatal(e)
	}
	if !polls(t, fd, 5000) || a.Ready() != socket.PollIn|socket.PollOut {
		t.Error("the message is not told")
	}
	for a.SendPart(make([]byte, 10), nil, false) == errno.OK {
	}
	if a.Ready(); polls(t, fd, 0) {
		t.Error("signal without cause")
	}
	drop := func(*msg.Part) {}
	for b.RecvPart(drop) == errno.OK {
	}
	if !polls(t, fd, 5000) || a.Ready()&socket.PollOut == 0 {
		t.Error("the room is not told")
	}
}

// TestParts: parts arrive as they were sent, whole messages only, small and large.
func TestParts(t *testing.T) {
	a, b := pairOf(t, option.Push, option.Pull)
	large := bytes.Repeat([]byte("large"), msg.RefBytesMin)
	body := buf.NewBody(len(large))
	copy(body.Bytes(), large)
	if e := a.SendPart([]byte("one"), nil, true); e != errno.OK {
		t.Fatal(e)
	}
	var got []string
	var more []bool
	take := func(f *msg.Part) { got, more = append(got, string(f.Data)), append(more, f.HasMore()) }
	if e := b.RecvPart(take); e != errno.EAGAIN {
		t.Errorf("half a message: %v", e)
	}
	if e := a.SendPart(nil, body, false); e != errno.OK {
		t.Fatal(e)
	}
	if e := a.SendPart([]byte("next"), nil, false); e != errno.OK {
		t.Fatal(e)
	}
	for b.RecvPart(take) == errno.OK {
	}
	if len(got) != 3 || got[0] != "one" || got[1] != string(large) || got[2] != "next" || !more[0] || more[1] || more[2] {
		t.Errorf("%d parts, more %v", len(got), more)
	}
	if e := a.RecvPart(take); e != errno.ENOTSUP {
		t.Errorf("receiving from a PUSH: %v", e)
	}
	if e := b.SendPart([]byte("x"), nil, false); e != errno.ENOTSUP {
		t.Errorf("sending to a PULL: %v", e)
	}
	part := []byte("small")
	if n := testing.AllocsPerRun(100, func() {
		_ = a.SendPart(part, nil, false)
		_ = b.RecvPart(func(*msg.Part) {})
	}); n != 0 {
		t.Errorf("%v allocations for a part", n)
	}
}

// TestSignalIsTakenBackWhole: whoever raises and clears at the same time, after a
// clear with nobody raising the descriptor is quiet.
func TestSignalIsTakenBackWhole(t *testing.T) {
	a, b := pairOf(t, option.Pair, option.Pair)
	fd := getInt(t, a, option.FDID)
	const messages = 2000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sent := 0; sent < messages; {
			if b.SendPart([]byte("x"), nil, false) == errno.OK {
				sent++
			}
		}
	}()
	for got := 0; got < messages; {
		if !polls(t, fd, 10_000) {
			t.Fatalf("no signal after %d messages", got)
		}
		a.Ready()
		for a.RecvPart(func(*msg.Part) {}) == errno.OK {
			got++
		}
	}
	<-done
	if a.Ready(); polls(t, fd, 0) {
		t.Error("the signal stays")
	}
}
