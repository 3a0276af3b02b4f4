// SPDX-License-Identifier: MPL-2.0

//go:build cgo && !race

package main

import (
	"context"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/socket"
)

// TestBurstWhosePeerGoes: what a proxy has received for a peer that goes before it is sent
// reaches the next one, all of the burst or what had no room.
func TestBurstWhosePeerGoes(t *testing.T) {
	const messages = 50
	for _, there := range []bool{false, true} { // another peer, with little room
		c := socket.NewCtx()
		t.Cleanup(func() { _ = c.Term(context.Background()) }) // after its sockets
		set := func(o *option.Options) error { o.SendHWM, o.RecvHWM = 1, 4; return nil }
		sender, receiver := opened(t, c, option.Push, set), opened(t, c, option.Pull, set)
		if err := sender.Bind("inproc://to"); err != nil {
			t.Fatal(err)
		}
		meet := func() {
			if err := receiver.Connect("inproc://to"); err != nil {
				t.Fatal(err)
			}
		}
		f := &forwarder{to: sender}
		for i := range messages {
			f.framed = append(f.framed, 0, 1, byte(i)) // a ZMTP frame of one byte
		}
		if there {
			meet()
		}
		done := make(chan struct{})
		go func() { defer close(done); f.deliver() }()
		if !there {
			meet()
		}
		for i := range messages {
			var m msg.Msg
			if err := receiver.Recv(t.Context(), &m, true); err != nil {
				t.Fatal(err)
			}
			if got := m.Part(0).Data; len(got) != 1 || got[0] != byte(i) {
				t.Fatalf("received %v where %d was due", got, i)
			}
		}
		<-done
	}
}

func opened(t *testing.T, c *socket.Ctx, typ int, set func(*option.Options) error) *socket.Base {
	t.Helper()
	b, err := c.New(typ, set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}
