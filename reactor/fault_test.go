// SPDX-License-Identifier: MPL-2.0

package reactor

import (
	"errors"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/poller"
	"golang.org/x/sys/unix"
)

// clumsy panics whatever it is asked to do, and notes what it hears of that.
type clumsy struct {
	faults chan *Fault
	worse  bool // panics on hearing of it, too
}

func (c *clumsy) Event(poller.Ready) { panic("event") }
func (c *clumsy) Step()              { panic(errors.New("step")) }
func (c *clumsy) Fire(*Timer)        { panic("fire") }
func (c *clumsy) Fault(f *Fault) {
	c.faults <- f
	if c.worse {
		panic("fault")
	}
}

var opStumble = &Op{Name: "stumble", Run: func(Command) { panic("command") }}

// TestPanicsAreContained: an object that panics hears of it, and the loop goes on
// to serve the others, whatever it was doing.
func TestPanicsAreContained(t *testing.T) {
	t.Run("once", func(t *testing.T) { stumble(t, false) })
	t.Run("and when told", func(t *testing.T) { stumble(t, true) })
}

func stumble(t *testing.T, worse bool) {
	l := start(t, 1).Loops()[0]
	c := &clumsy{faults: make(chan *Fault, 8), worse: worse}
	fd, other := sockets(t)
	defer unix.Close(fd)
	defer unix.Close(other)
	var h Handle
	var timer Timer
	want := func(word string) {
		t.Helper()
		if f := <-c.faults; !strings.Contains(f.Error(), word) || len(f.Stack) == 0 {
			t.Errorf("%s: heard %v", word, f)
		}
		turns(t, l, 2)
	}
	on(t, l, func() { h, _ = l.Register(fd, c) })
	want("event") // a fresh socket is writable
	if _, err := unix.Write(other, []byte("x")); err != nil {
		t.Fatal(err)
	}
	want("event")
	on(t, l, func() { l.Requeue(c) })
	want("step")
	on(t, l, func() { l.SetTimer(&timer, 0, c) })
	want("fire")
	l.Send(Command{Op: opStumble, To: c})
	want("command")
	l.Send(Command{Op: opStumble}) // nobody to tell
	on(t, l, func() { l.Unregister(&h) })
	if n := l.Stats().Faults; n != 6 {
		t.Errorf("%d faults, want 6", n)
	}
}
