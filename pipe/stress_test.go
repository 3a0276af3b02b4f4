// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
)

// hangAfter is how long a stress may take before it counts as hung.
const hangAfter = time.Minute

// bells is a Sink that rings a goroutine out of its sleep.
type bells struct{ room, data chan struct{} }

func newBells() *bells {
	return &bells{room: make(chan struct{}, 1), data: make(chan struct{}, 1)}
}

func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (b *bells) ReadActivated(*Pipe)  { ring(b.data) }
func (b *bells) WriteActivated(*Pipe) { ring(b.room) }
func (b *bells) PeerClosed(*Pipe)     {}

// produce writes n numbered messages, of one to three parts, some by reference,
// and sleeps whenever there is no room.
func produce(p *Pipe, s *bells, n int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 22))
	for i := range n {
		parts := 1 + rng.IntN(3)
		for k := range parts {
			part := msg.Part{Flags: msg.More}
			if k == parts-1 {
				part.Flags = 0
			}
			size := 9
			if rng.IntN(30) == 0 {
				size = msg.RefBytesMin
				part.Body = buf.NewBody(size)
				part.Data = part.Body.Bytes()
			} else {
				part.Data = make([]byte, size)
			}
			binary.BigEndian.PutUint64(part.Data, uint64(i))
			part.Data[8] = byte(k)
			for !p.Write(&part) {
				<-s.room
			}
		}
		// Now and then publish late, but never sleep with something unpublished.
		if rng.IntN(4) > 0 || !p.CheckWrite() || i == n-1 {
			if !p.Flush() {
				p.Signal()
			}
		}
		if rng.IntN(32) == 0 {
			runtime.Gosched()
		}
	}
	p.CloseWrite()
}

// expect reads numbered messages to the end of the stream.
func expect(p *Pipe, s *bells, n int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 23))
	next, k := 0, 0
	var part msg.Part
	for {
		if rng.IntN(8) == 0 {
			p.CheckRead()
		}
		if !p.Read(&part) {
			if p.EOF() {
				break
			}
			<-s.data
			continue
		}
		i, at := binary.BigEndian.Uint64(part.Data), part.Data[8]
		if i != uint64(next) || int(at) != k {
			return fmt.Errorf("message %d part %d, want %d part %d", i, at, next, k)
		}
		if k++; !part.HasMore() {
			next, k = next+1, 0
		}
		part.Drop()
		if rng.IntN(32) == 0 {
			runtime.Gosched()
		}
	}
	if next != n || k != 0 {
		return fmt.Errorf("ended after %d messages and %d parts, want %d", next, k, n)
	}
	return nil
}

// TestNoLostSignal passes messages through pipes that are nearly always full and
// nearly always empty, so that each end sleeps all the time: a lost signal, of
// credit or of data, hangs it.
func TestNoLostSignal(t *testing.T) {
	const messages = 20_000
	for _, hwm := range []int{1, 2, 3, 7} {
		a, b := NewPair(Options{HWM: hwm}, Options{HWM: hwm})
		ends := []*Pipe{a, b}
		errs := make(chan error, 2)
		sinks := []*bells{newBells(), newBells()}
		for i, p := range ends {
			p.SetSink(sinks[i])
		}
		for i, p := range ends {
			go produce(p, sinks[i], messages, uint64(i))
			go func() { errs <- expect(p, sinks[i], messages, uint64(i)) }()
		}
		timeout := time.After(hangAfter)
		for range ends {
			select {
			case err := <-errs:
				if err != nil {
					t.Fatalf("hwm %d: %v", hwm, err)
				}
			case <-timeout:
				t.Fatalf("hwm %d: hangs: a signal was lost", hwm)
			}
		}
	}
}

// TestCloseRace lets both ends write, read and close at the same time: no race,
// no panic, and every body is given up.
func TestCloseRace(t *testing.T) {
	for round := range 300 {
		a, b := NewPair(Options{HWM: 4}, Options{HWM: 4})
		a.SetSink(newBells())
		b.SetSink(newBells())
		body := buf.NewBody(msg.RefBytesMin)
		done := make(chan struct{}, 4)
		for i, p := range []*Pipe{a, b} {
			body.Retain(10)
			go func() {
				for range 10 {
					part := msg.Part{Data: body.Bytes(), Body: body}
					if !p.Write(&part) {
						part.Drop()
					}
					if !p.Flush() {
						p.Signal()
					}
				}
				p.CloseWrite()
				done <- struct{}{}
			}()
			go func() {
				for range (round + 5*i) % 12 {
					var part msg.Part
					if p.Read(&part) {
						part.Drop()
					}
				}
				p.CloseRead()
				done <- struct{}{}
			}()
		}
		for range 4 {
			<-done
		}
		if body.Shared() {
			t.Fatalf("round %d: bodies are left in a pipe that both have closed", round)
		}
	}
}
