// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/poller"
	"github.com/zeroloop/zmq/reactor"
)

var opTestDo = &reactor.Op{Name: "test", Run: func(c reactor.Command) { c.Arg.(func())() }}

// onLoop runs f on the session's loop.
func onLoop(o *owner, f func()) {
	done := make(chan struct{})
	o.session.loop.Send(reactor.Command{Op: opTestDo, Arg: func() { defer close(done); f() }})
	<-done
}

// TestPanicOfInlineWriteCostsTheConnection: the sender sees nothing of it, the
// connection ends, and the loop goes on.
func TestPanicOfInlineWriteCostsTheConnection(t *testing.T) {
	o, _, far := connected(t, option.Push, "PULL")
	e := o.session.stream.Load()
	onLoop(o, func() {
		if !e.acquire() {
			t.Error("somebody writes")
			return
		}
		e.out.ctlSent = -1 // no such place
		e.release()
	})
	if !e.writeInline(true) {
		t.Error("the loop was asked to write")
	}
	wantFault(t, o, far)
}

// TestPanicOfFetchCostsTheConnection: the same for the receiver that reads.
func TestPanicOfFetchCostsTheConnection(t *testing.T) {
	o, p, far := connected(t, option.Pull, "PUSH")
	e := o.session.stream.Load()
	onLoop(o, func() {
		e.watchLess(poller.In)
		if !e.pipe.SetFetching(true) || !e.holdInput() {
			t.Error("the connection cannot be left to the receiver")
			return
		}
		e.in.fetch.on = true
		e.in.raw = -1 // no such place
		e.releaseInput()
	})
	if o.session.Fetch(p) {
		t.Error("it has brought something")
	}
	wantFault(t, o, far)
}

// wantFault waits until the connection has ended, as a contained panic ends it.
func wantFault(t *testing.T, o *owner, far *peer) {
	t.Helper()
	_ = far.SetReadDeadline(time.Now().Add(30 * time.Second))
	_, err := far.Read(make([]byte, 1))
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("the connection goes on: %v", err)
	}
	if !errors.Is(err, io.EOF) {
		t.Logf("it ended with %v", err)
	}
	onLoop(o, func() {})
	if n := o.session.loop.Stats().Faults; n != 1 {
		t.Errorf("%d faults, want 1", n)
	}
}
