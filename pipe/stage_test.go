// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// A pipe that is full of what its reader has let gather is read before a message is
// refused or dropped, by each of the ways to send.
func TestDistributorEmptiesWhatGathers(t *testing.T) {
	ways := map[string]func(d *Distributor, data []byte){
		"send":  func(d *Distributor, data []byte) { d.Send(&msg.Part{Data: data}) },
		"small": func(d *Distributor, data []byte) { d.SendSmall(data) },
	}
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			var d Distributor
			w, r, _, _ := pair(Options{HWM: 4}, Options{})
			got, pressed := 0, 0
			r.SetSink(&setSink{read: func(p *Pipe) {
				for f := (msg.Part{}); p.Read(&f); got++ {
				}
				pressed++
			}})
			r.SetGathering(true)
			d.Attach(w)
			for range 100 {
				d.MatchAll()
				send(&d, []byte("x"))
			}
			d.MatchAll()
			if !d.HasRoom() || w.Dropped > 0 {
				t.Errorf("%d messages dropped of a pipe whose reader gathers", w.Dropped)
			}
			if pressed != 25 || got != 100 {
				t.Errorf("%d messages read in %d turns, want 100 in 25", got, pressed)
			}
			r.SetGathering(false)
			for range 10 {
				d.MatchAll()
				send(&d, []byte("x"))
			}
			if w.Dropped != 1 { // and then the pipe is left out
				t.Errorf("%d messages dropped, want the first for which nobody makes room", w.Dropped)
			}
		})
	}
}
