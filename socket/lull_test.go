// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"context"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// spared returns a sender and a receiver of one process, between which a stream has been
// so dense that the sender publishes several messages at a time: rest of them are still
// to be received, and left more have just been sent.
func spared(t *testing.T, out, in, rest, left int) (sender, receiver *Base) {
	t.Helper()
	c := NewCtx()
	sender, receiver = open(t, c, out), open(t, c, in)
	if err := receiver.Bind("inproc://spared"); err != nil {
		t.Fatal(err)
	}
	if err := sender.Connect("inproc://spared"); err != nil {
		t.Fatal(err)
	}
	sendSmall(t, sender, sparingRun+rest)
	var m msg.Msg
	for range sparingRun {
		if err := receiver.Recv(t.Context(), &m, false); err != nil {
			t.Fatal(err)
		}
	}
	if receiver.sparing == nil || !receiver.pipes[0].Gathering() {
		t.Fatal("the sender was not told")
	}
	sendSmall(t, sender, left)
	return sender, receiver
}

func sendSmall(t *testing.T, b *Base, n int) {
	t.Helper()
	var m msg.Msg
	for range n {
		m.Init(1)
		if err := b.Send(t.Context(), &m, true); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSparedMessagesAreSeen: what a sender has left behind is there for everybody who
// looks, by whatever way.
func TestSparedMessagesAreSeen(t *testing.T) {
	for name, look := range map[string]func(b *Base) (n int){
		"Recv": func(b *Base) int {
			var m msg.Msg
			if b.Recv(context.Background(), &m, false) != nil {
				return 0
			}
			return 1
		},
		"RecvBatch": func(b *Base) int {
			n, _, _ := b.tryRecv(make([]msg.Msg, 7), false, false)
			return n
		},
		"RecvPart": func(b *Base) (n int) {
			b.RecvPart(func(*msg.Part) { n++ })
			return n
		},
		"Ready": func(b *Base) int {
			if b.Ready()&PollIn == 0 {
				return 0
			}
			var m msg.Msg
			if b.Recv(context.Background(), &m, false) != nil {
				t.Error("Ready, and nothing is there")
			}
			return 1
		},
	} {
		for _, types := range [][2]int{{option.Push, option.Pull}, {option.Scatter, option.Gather}} {
			for _, rest := range []int{0, 3} {
				for _, left := range []int{1, 14, 15, 16, 17} {
					_, b := spared(t, types[0], types[1], rest, left)
					n := 0
					for k := look(b); k > 0; k = look(b) {
						n += k
					}
					if n != rest+left {
						t.Errorf("%s of %s: %d messages are there, want %d", name, TypeName(types[1]), n, rest+left)
					}
					if b.sparing != nil || b.pipes[0].Gathering() {
						t.Errorf("%s of %s: said that there is nothing, and the sender holds more back", name, TypeName(types[1]))
					}
				}
			}
		}
	}
}

// TestSparedPeersGo: neither end minds that the other one ends meanwhile, and what was
// sent before is there.
func TestSparedPeersGo(t *testing.T) {
	sender, receiver := spared(t, option.Push, option.Pull, 2, 5)
	if err := sender.Close(); err != nil {
		t.Fatal(err)
	}
	var m msg.Msg
	for i := range 7 {
		if err := receiver.Recv(t.Context(), &m, true); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if err := receiver.Recv(t.Context(), &m, false); err != errno.EAGAIN {
		t.Error(err)
	}
	sender, receiver = spared(t, option.Push, option.Pull, 2, 5)
	if err := receiver.Close(); err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	if err := sender.Send(t.Context(), &m, false); err != errno.EAGAIN {
		t.Errorf("sent to nobody: %v", err)
	}
}

// TestSparedBursts: a sender that stops after any number of messages, until all of them
// have been received, is never waited for.
func TestSparedBursts(t *testing.T) {
	const bursts = 300
	for _, types := range [][3]int{{option.Push, option.Pull, 1}, {option.Push, option.Pull, 2}, {option.Pub, option.Sub, 1}} {
		receivers := types[2]
		c := NewCtx()
		push, pull := open(t, c, types[0]), open(t, c, types[1])
		if err := pull.Bind("inproc://bursts"); err != nil {
			t.Fatal(err)
		}
		if err := push.Connect("inproc://bursts"); err != nil {
			t.Fatal(err)
		}
		if types[1] == option.Sub {
			subscribed(t, push, pull)
		}
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan struct{}, 1<<10)
		for range receivers {
			go func() {
				var m msg.Msg
				for pull.Recv(ctx, &m, true) == nil {
					got <- struct{}{}
				}
			}()
		}
		rng := rand.New(rand.NewPCG(uint64(receivers), 7))
		for range bursts {
			n := rng.IntN(3 * sparingRun)
			sendSmall(t, push, n)
			for range n {
				<-got
			}
		}
		cancel()
	}
}

// subscribed returns when the publisher knows that the other one wants everything.
func subscribed(t *testing.T, pub, sub *Base) {
	t.Helper()
	if err := sub.Subscribe(nil); err != nil {
		t.Fatal(err)
	}
	var m msg.Msg
	for {
		sendSmall(t, pub, 1)
		if sub.Recv(t.Context(), &m, false) == nil {
			return
		}
		runtime.Gosched()
	}
}
