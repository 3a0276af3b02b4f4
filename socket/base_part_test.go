// SPDX-License-Identifier: MPL-2.0

package socket_test

import (
	"errors"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/socket"
)

// TestRecvSmall: messages come in order, as many as there is room for, up to one that
// has parts.
func TestRecvSmall(t *testing.T) {
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
		in.RecvSmall(func() bool { return len(got) < room }, func(data []byte, _ *msg.Properties) { got += string(data) })
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
