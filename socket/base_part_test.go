// SPDX-License-Identifier: MPL-2.0

package socket_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"testing"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/socket"
)

// TestRecvAhead: messages come in order, as many as there is room for, up to one that
// has parts.
func TestRecvAhead(t *testing.T) {
	out, in := pairOf(t, option.Push, option.Pull)
	for _, text := range []string{"a", "b", "c"} {
		if e := out.SendPart([]byte(text), nil, false); e != errno.OK {
			t.Fatal(e)
		}
	}
	_ = out.SendPart([]byte("d"), nil, true)
	_ = out.SendPart([]byte("e"), nil, false)
	got, room := "", 2
	ahead := func() {
		in.RecvAhead(func() bool { return len(got) < room }, func(*buf.Body) bool { return false },
			func(data []byte, _ *buf.Body, _ *msg.Properties) { got += string(data) })
	}
	if ahead(); got != "ab" {
		t.Errorf("%q with room for two", got)
	}
	room = 100
	if ahead(); got != "abc" {
		t.Errorf("%q before a message of two parts", got)
	}
	for in.RecvPart(func(f *msg.Part) { got += string(f.Data) }) == errno.OK {
	}
	if got != "abcde" {
		t.Errorf("%q in the end", got)
	}
	if ahead(); got != "abcde" {
		t.Errorf("%q out of nothing", got)
	}
}

// TestRecvAheadTakesBodies: those that are accepted, and no further than to the first
// that is not.
func TestRecvAheadTakesBodies(t *testing.T) {
	out, in := pairOf(t, option.Push, option.Pull)
	for _, size := range []int{msg.RefBytesMin, 1, msg.RefBytesMin + 1, msg.RefBytesMin + 2} {
		if e := out.SendPart(nil, buf.WrapBody(make([]byte, size), nil), false); e != errno.OK {
			t.Fatal(e)
		}
	}
	bytes := 0
	in.RecvAhead(func() bool { return true }, func(b *buf.Body) bool { return len(b.Bytes()) <= msg.RefBytesMin+1 },
		func(data []byte, body *buf.Body, _ *msg.Properties) {
			bytes += len(data)
			if body != nil {
				bytes += len(body.Bytes())
				body.Release()
			}
		})
	if bytes != 2*msg.RefBytesMin+2 {
		t.Errorf("%d bytes were received", bytes)
	}
	if e := in.RecvPart(func(f *msg.Part) { bytes = len(f.Data) }); e != errno.OK || bytes != msg.RefBytesMin+2 {
		t.Errorf("then %d bytes, %v", bytes, e)
	}
}

// TestSubscriptionCountsAtOnce: what is published right after a subscriber has
// connected within the process reaches it (libzmq processes commands before each
// send).
func TestSubscriptionCountsAtOnce(t *testing.T) {
	c := socket.NewCtx()
	defer func() { _ = c.Term(t.Context()) }()
	for range 200 {
		pub, err1 := c.New(option.Pub, nil)
		sub, err2 := c.New(option.Sub, nil)
		if err := errors.Join(err1, err2, pub.Bind("inproc://at-once"), sub.Subscribe(nil), sub.Connect("inproc://at-once")); err != nil {
			t.Fatal(err)
		}
		if e := pub.SendPart([]byte("news"), nil, false); e != errno.OK {
			t.Fatal(e)
		}
		got := ""
		if e := sub.RecvPart(func(f *msg.Part) { got = string(f.Data) }); e != errno.OK || got != "news" {
			t.Fatalf("%v, %q", e, got)
		}
		if err := errors.Join(pub.Close(), sub.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSendPartWaiting: an XPUB with XPUB_NODROP knows only of a certain message that
// there is no room for it; who waits for that goes on when the subscriber has read,
// and ends with its context.
func TestSendPartWaiting(t *testing.T) {
	out, in := pairOf(t, option.XPub, option.Sub)
	if err := errors.Join(in.Subscribe(nil), out.SetOptions(func(o *option.Options) error {
		o.XPubNoDrop = true
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for ; out.SendPart([]byte("x"), nil, false) == errno.OK; sent++ {
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := out.SendPartWaiting(ended, []byte("x"), nil, false); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v after %d messages", err, sent)
	}
	waited := make(chan error)
	go func() { waited <- out.SendPartWaiting(t.Context(), []byte("last"), nil, false) }()
	for got := ""; got != "last"; {
		if e := in.RecvPart(func(f *msg.Part) { got = string(f.Data) }); e != errno.OK && e != errno.EAGAIN {
			t.Fatal(e)
		}
		runtime.Gosched()
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
}

// TestBeside: peers, a few, and all of this process.
func TestBeside(t *testing.T) {
	c := socket.NewCtx()
	defer func() { _ = c.Term(t.Context()) }()
	hub, err := c.New(option.Router, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hub.Close() }()
	want := func(beside bool, where string) {
		t.Helper()
		if hub.Beside() != beside {
			t.Errorf("%s: %v", where, !beside)
		}
	}
	want(false, "without peers")
	var leaves []*socket.Base
	for i := range 17 {
		leaf, err := c.New(option.Dealer, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = leaf.Close() }()
		leaves = append(leaves, leaf)
		endpoint := "inproc://beside" + strconv.Itoa(i)
		if err := errors.Join(leaf.Bind(endpoint), hub.Connect(endpoint)); err != nil {
			t.Fatal(err)
		}
		want(i < 16, "with many peers")
	}
	if !leaves[0].Beside() {
		t.Error("the other side is not beside")
	}
	if err := leaves[0].Connect("tcp://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	if leaves[0].Beside() {
		t.Error("beside with a peer over tcp")
	}
}
