// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// attending is a receiver with one connection over tcp, and its sender, who sends
// numbered messages.
type attending struct {
	*testing.T
	ctx  context.Context
	out  *Base
	in   *Base
	sent uint64
	got  uint64
}

func newAttending(t *testing.T, out, in int, set ...func(in *Base)) *attending {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	c := NewCtx()
	r := &attending{T: t, ctx: ctx}
	t.Cleanup(func() {
		_, _ = r.out.closeWith(0), r.in.closeWith(0)
		if err := c.Term(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	})
	var err, err2 error
	r.out, err = c.New(out, nil)
	r.in, err2 = c.New(in, nil)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, f := range set {
		f(r.in)
	}
	if in == option.Sub {
		err = r.in.Subscribe(nil)
	}
	if err := errors.Join(err, r.out.Bind("tcp://127.0.0.1:*"), r.in.Connect(r.out.LastEndpoint())); err != nil {
		t.Fatal(err)
	}
	if in == option.Sub {
		err = r.out.WaitSubscribed(ctx, 1)
	} else {
		err = r.out.WaitConnected(ctx, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// send sends n messages of size bytes, at least 8.
func (r *attending) send(n, size int) {
	for range n {
		body := make([]byte, size)
		binary.BigEndian.PutUint64(body, r.sent)
		m := msg.New(body)
		if err := r.out.Send(r.ctx, &m, true); err != nil {
			r.Error(err)
		}
		r.sent++
	}
}

// take checks that a message is the next.
func (r *attending) take(m *msg.Msg) {
	r.Helper()
	if n := binary.BigEndian.Uint64(m.Bytes()); n != r.got {
		r.Fatalf("message %d came where %d was due", n, r.got)
	}
	r.got++
}

// recv waits for all that was sent.
func (r *attending) recv() {
	r.Helper()
	var m msg.Msg
	defer m.Close()
	for r.got < r.sent {
		if err := r.in.Recv(r.ctx, &m, true); err != nil {
			r.Fatalf("message %d: %v", r.got, err)
		}
		r.take(&m)
	}
}

func (r *attending) lent() bool {
	a := &r.in.att
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.session != nil
}

// until waits for something that comes without another call.
func (r *attending) until(what string, cond func() bool) {
	r.Helper()
	for !cond() {
		if r.ctx.Err() != nil {
			r.Fatalf("in vain waited until %s", what)
		}
		runtime.Gosched()
	}
}

// asleep says that n goroutines wait to receive.
func (r *attending) asleep(n int32) func() bool {
	return func() bool { return r.in.recvs.waiting.Load() == n }
}

// fence waits until the loop has done what it was asked for before.
func (r *attending) fence() {
	r.Helper()
	if _, err := r.in.Stats(r.ctx); err != nil {
		r.Fatal(err)
	}
}

// inside reports whether a receiver sleeps at the descriptor.
func (r *attending) inside() bool {
	a := &r.in.att
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.inside
}

// lend lets the receiver wait for one message after another until it attends.
func (r *attending) lend() { r.lendTo(r.ctx) }

func (r *attending) lendTo(ctx context.Context) {
	r.Helper()
	for range 1000 {
		if r.lent() {
			return
		}
		r.pace(ctx)
	}
	r.Fatal("the connection was never lent")
}

// pace receives a message that is sent when the receiver waits for it.
func (r *attending) pace(ctx context.Context) {
	r.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.until("the receiver waits", r.asleep(1))
		r.send(1, 8)
	}()
	var m msg.Msg
	if err := r.in.Recv(ctx, &m, true); err != nil {
		r.Fatal(err)
	}
	r.take(&m)
	<-done
}

// Whatever a receiver does between its waits, each message reaches it, in order and
// once, and it never sleeps on.
func TestAttend(t *testing.T) {
	for name, types := range map[string][2]int{
		"PULL": {option.Push, option.Pull}, "SUB": {option.Pub, option.Sub}, "PAIR": {option.Pair, option.Pair},
	} {
		t.Run(name, func(t *testing.T) {
			r := newAttending(t, types[0], types[1])
			rng := rand.New(rand.NewPCG(1, 2))
			lent := 0
			for range 400 {
				if rng.IntN(8) == 0 {
					r.lend()
				}
				if r.lent() {
					lent++
				}
				r.step(rng)
				r.recv()
			}
			if lent == 0 {
				t.Error("the connection was hardly ever lent")
			}
		})
	}
}

// step does one thing of many.
func (r *attending) step(rng *rand.Rand) {
	var m msg.Msg
	defer m.Close()
	switch rng.IntN(9) {
	case 0:
		r.send(rng.IntN(100), 8+rng.IntN(300))
	case 1:
		r.send(1, 40<<10)
	case 2:
		r.send(1+rng.IntN(3), 5000)
	case 3:
		for r.in.Recv(r.ctx, &m, false) == nil {
			r.take(&m)
		}
	case 4:
		ctx, cancel := context.WithCancel(r.ctx)
		go func() { r.until("the receiver waits", r.asleep(1)); cancel() }()
		if err := r.in.Recv(ctx, &m, true); !errors.Is(err, context.Canceled) {
			r.Errorf("a cancelled wait: %v", err)
		}
	case 5:
		r.timeOut(&m)
	case 6:
		r.send(1+rng.IntN(5), 8)
		ms := make([]msg.Msg, 1+rng.IntN(8))
		n, err := r.in.RecvBatch(r.ctx, ms)
		if err != nil {
			r.Error(err)
		}
		for i := range n {
			r.take(&ms[i])
		}
	case 7:
		r.in.Ready()
	case 8:
		r.send(1, 8)
	}
}

// timeOut waits as long as RCVTIMEO says, for nothing.
func (r *attending) timeOut(m *msg.Msg) {
	wait := func(d time.Duration) {
		if err := r.in.SetOptions(func(o *option.Options) error { o.RecvWait = d; return nil }); err != nil {
			r.Error(err)
		}
	}
	wait(time.Millisecond)
	if err := r.in.Recv(r.ctx, m, true); !errors.Is(err, errno.EAGAIN) {
		r.Errorf("a wait that timed out: %v", err)
	}
	wait(option.Forever)
}

// A connection whose receiver stays away comes back to its loop, and what is sent
// meanwhile is noted as ever.
func TestAttendVacant(t *testing.T) {
	r := newAttending(t, option.Push, option.Pull)
	r.lend()
	a := &r.in.att
	a.mu.Lock()
	if !a.armed || !a.used {
		t.Error("nobody will look whether the receiver comes again")
	}
	a.mu.Unlock()
	r.send(1, 8)
	r.until("the connection is back", func() bool { return !r.lent() })
	r.until("the pipe is noted", func() bool { return r.in.Ready()&PollIn != 0 })
	r.recv()

	r.lend()
	a.vacant() // it was used
	a.vacant()
	if r.fence(); r.lent() {
		t.Error("the connection stays with a receiver who does not come")
	}
}

// Who finds nothing and does not wait leaves the connection to its loop at once.
func TestAttendNotWaiting(t *testing.T) {
	r := newAttending(t, option.Push, option.Pull)
	var m msg.Msg
	for name, look := range map[string]func(){
		"a call that does not wait": func() { _ = r.in.Recv(r.ctx, &m, false) },
		"a look":                    func() { r.in.Ready() },
		"a batch": func() {
			r.send(1, 8)
			ms := make([]msg.Msg, 2)
			if n, err := r.in.RecvBatch(r.ctx, ms); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			r.take(&ms[0])
		},
	} {
		for range 5 {
			r.lend()
			look()
			if r.fence(); r.lent() {
				t.Errorf("%s leaves the connection to nobody", name)
			}
		}
	}
}

// Who gives up while it attends leaves the connection to its loop.
func TestAttendGivesUp(t *testing.T) {
	r := newAttending(t, option.Push, option.Pull)
	for range 20 {
		ctx, cancel := context.WithCancel(r.ctx)
		if err := r.in.Recv(ctx, &msg.Msg{}, false); !errors.Is(err, errno.EAGAIN) {
			t.Fatal(err)
		}
		r.lendTo(ctx)
		go func() { r.until("the receiver is inside", r.inside); cancel() }()
		var m msg.Msg
		if err := r.in.Recv(ctx, &m, true); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if r.fence(); r.lent() {
			t.Error("the connection is left to nobody")
		}
		r.send(1, 8)
		r.until("a message is there", func() bool { return r.in.Ready()&PollIn != 0 })
		r.recv()
	}
}

// What does not fit into one read is received without the loop, too. Now and then a
// busy machine has the loop take the connection back meanwhile.
func TestAttendReadsOn(t *testing.T) {
	r := newAttending(t, option.Push, option.Pull)
	for range 20 {
		r.lend()
		r.in.att.mu.Lock()
		r.in.att.armed = true // vacant comes no more
		r.in.att.mu.Unlock()
		ms := make([]msg.Msg, 30)
		for i := range ms {
			ms[i] = msg.New(binary.BigEndian.AppendUint64(nil, r.sent), make([]byte, 300))
			r.sent++
		}
		if n, err := r.out.SendBatch(r.ctx, ms); n != len(ms) || err != nil {
			t.Fatal(n, err)
		}
		r.recv()
		if r.lent() {
			return
		}
	}
	t.Error("the loop had to help each time")
}

// One attends, the others wait beside it, and each message wakes somebody.
func TestAttendManyReceivers(t *testing.T) {
	r := newAttending(t, option.Push, option.Pull)
	r.lend()
	const receivers, messages = 4, 3000
	ctx, cancel := context.WithCancel(r.ctx)
	got := make(chan uint64, messages)
	done := make(chan struct{})
	for range receivers {
		go func() {
			defer func() { done <- struct{}{} }()
			var m msg.Msg
			for r.in.Recv(ctx, &m, true) == nil {
				got <- binary.BigEndian.Uint64(m.Bytes())
			}
		}()
	}
	seen := map[uint64]bool{}
	for i := range messages {
		if i%3 == 0 {
			r.until("all wait", r.asleep(receivers))
		}
		r.send(1, 8)
		n := <-got
		if seen[n] {
			t.Fatalf("message %d came twice", n)
		}
		seen[n] = true
	}
	cancel()
	for range receivers {
		<-done
	}
}

// TestAttendSecondPeer: when another connection comes, nobody waits in vain for messages
// of the one that is lent, whether the receiver is in the poller just then or not: it is
// recalled at once, and not after a while.
func TestAttendSecondPeer(t *testing.T) {
	for _, inside := range []bool{true, false} {
		r := newAttending(t, option.Push, option.Pull)
		r.lend()
		a := &r.in.att
		a.mu.Lock()
		a.timer.Stop()
		a.armed = true // vacant does not come
		a.mu.Unlock()
		got := make(chan error, 1)
		wait := func() {
			var m msg.Msg
			got <- r.in.Recv(r.ctx, &m, true)
		}
		if inside {
			go wait()
			r.until("in the poller", r.inside)
		}
		c := NewCtx()
		second := open(t, c, option.Push)
		if err := errors.Join(second.Bind("tcp://127.0.0.1:*"), r.in.Connect(second.LastEndpoint()),
			second.WaitConnected(r.ctx, 1)); err != nil {
			t.Fatal(err)
		}
		r.fence()
		if r.lent() || r.in.mayAttend() {
			t.Errorf("inside %v: still lent", inside)
		}
		if !inside {
			go wait()
		}
		for range 3 {
			r.until("asleep", r.asleep(1))
			r.send(1, 8)
			if err := <-got; err != nil {
				t.Fatal(err)
			}
			go wait()
		}
		r.until("asleep", r.asleep(1))
		r.send(1, 8)
		<-got
	}
}

// The end of the socket, of the context and of the peer reaches who attends.
func TestAttendEnds(t *testing.T) {
	for name, end := range map[string]func(r *attending){
		"the socket closes":  func(r *attending) { _ = r.in.Close() },
		"the context ends":   func(r *attending) { r.in.ctx.Shutdown() },
		"the peer closes":    func(r *attending) { _ = r.out.closeWith(0); _ = r.in.Close() },
		"another connection": func(r *attending) { _ = r.in.Connect("tcp://127.0.0.1:1"); _ = r.in.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newAttending(t, option.Push, option.Pull)
			r.lend()
			go func() { r.until("the receiver waits", r.asleep(1)); end(r) }()
			var m msg.Msg
			if err := r.in.Recv(r.ctx, &m, true); !errors.Is(err, errno.ENOTSOCK) && !errors.Is(err, errno.ETERM) {
				t.Errorf("the receiver: %v", err)
			}
		})
	}
}

// Only so many sockets have a poller of their own, and a closed one gives it back.
func TestAttendPollersAreBounded(t *testing.T) {
	had := pollers.Load()
	pollers.Store(pollersMax)
	r := newAttending(t, option.Push, option.Pull)
	for range 100 {
		if r.pace(r.ctx); r.lent() {
			t.Fatal("one poller too many")
		}
	}
	pollers.Store(had)
	r.lend()
	if n := pollers.Load(); n != had+1 {
		t.Errorf("%d pollers, had %d", n, had)
	}
	_ = r.in.Close()
	r.until("the poller is given back", func() bool { return pollers.Load() == had })
}

// Who attends allocates nothing, be its context one that can end or not.
func TestAttendAllocatesNothing(t *testing.T) {
	r := newAttending(t, option.Push, option.Pull)
	for _, ctx := range []context.Context{context.Background(), r.ctx} {
		r.lend()
		in, out := msg.Msg{}, msg.Msg{}
		allocs := testing.AllocsPerRun(300, func() {
			binary.BigEndian.PutUint64(out.Init(8), r.sent)
			r.sent++
			if err := errors.Join(r.out.Send(ctx, &out, true), r.in.Recv(ctx, &in, true)); err != nil {
				t.Fatal(err)
			}
			r.take(&in)
		})
		if allocs >= 1 {
			t.Errorf("%v allocations for each message", allocs)
		}
	}
}
