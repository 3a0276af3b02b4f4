// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

const heldBytes = 2000 // more than Trim leaves alone

func filled(c byte) []byte { return bytes.Repeat([]byte{c}, heldBytes) }

// write puts a message into the peer's end as the pattern's type has it, and reports
// whether there was room.
func (f *far) write(body []byte) bool {
	if f.r.b.opts.Type == option.Dish && !f.q.Write(&msg.Part{Data: []byte("group"), Flags: msg.More}) {
		return false
	}
	ok := f.q.Write(&msg.Part{Data: body})
	f.q.Flush()
	return ok
}

// useAgain has other queues write over memory that has been given back.
func useAgain() {
	for range 50 {
		p, _ := pipe.NewPair(pipe.Options{}, pipe.Options{})
		for i := range 40 {
			p.Write(&msg.Part{Data: filled('.')[:100+i*100%heldBytes]})
		}
	}
}

// TestHeldIsKept: a message that hasIn has found is what was sent, whatever becomes of
// the queue that it came from.
func TestHeldIsKept(t *testing.T) {
	for name, empty := range map[string]func(f *far){
		"trimmed": func(f *far) { f.p.Trim() },
		"overrun": func(f *far) {
			for range 2000 {
				for f.write(filled('-')) {
				}
				f.p.DropOldest()
			}
		},
	} {
		for _, typ := range []int{option.Sub, option.Dish} {
			t.Run(fmt.Sprint(name, " ", TypeName(typ)), func(t *testing.T) {
				r := newRig(t, typ, func(o *option.Options) { o.RecvHWM = 4 })
				if typ == option.Sub {
					r.pat.(*sub).subscribe(nil)
				} else {
					r.pat.(*dish).groups["group"] = "group"
				}
				f := r.accept("")
				if !f.write(filled('a')) || !r.pat.hasIn() {
					t.Fatal("nothing came")
				}
				empty(f)
				useAgain()
				var got msg.Part
				if e := r.pat.recv(&got); e != errno.OK || !bytes.Equal(got.Data, filled('a')) {
					t.Errorf("%v, %.20q", e, got.Data)
				}
			})
		}
	}
}

// TestHeldBehindAName: a ROUTER that is received from part by part, as C programs do,
// returns the body that belongs to the name, though its peer has gone on meanwhile and
// has had what waits dropped.
func TestHeldBehindAName(t *testing.T) {
	const small = 200 // so that the mark is reached before a collection empties the pools
	c := NewCtx()
	router, dealer := open(t, c, option.Router), open(t, c, option.Dealer)
	dealer.whenFull.Store(option.DropOldest)
	if err := router.Bind("inproc://held"); err != nil {
		t.Fatal(err)
	}
	if err := dealer.Connect("inproc://held"); err != nil {
		t.Fatal(err)
	}
	send := func(c byte) {
		m := msg.New(filled(c)[:small])
		if err := dealer.Send(t.Context(), &m, true); err != nil {
			t.Fatal(err)
		}
	}
	send('a')
	if e := router.RecvPart(func(f *msg.Part) {
		if !f.HasMore() {
			t.Errorf("%.20q where the name was to come", f.Data)
		}
	}); e != errno.OK {
		t.Fatal(e)
	}
	for range 3000 {
		send('-')
	}
	useAgain()
	if e := router.RecvPart(func(f *msg.Part) {
		if !bytes.Equal(f.Data, filled('a')[:small]) {
			t.Errorf("%.20q", f.Data)
		}
	}); e != errno.OK {
		t.Fatal(e)
	}
}

// open makes a socket that the test closes.
func open(t *testing.T, c *Ctx, typ int) *Base {
	t.Helper()
	b, err := c.New(typ, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}
