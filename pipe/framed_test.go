// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
)

// appendFrame frames a message of size bytes, which all say n.
func appendFrame(b []byte, n byte, size int) []byte {
	var header [zmtp.HeaderSizeMax]byte
	b = append(b, header[:zmtp.PutHeader(header[:], 0, size)]...)
	return append(b, bytes.Repeat([]byte{n}, size)...)
}

// TestWriteFramed: messages that come framed are read as they were put in, whatever
// their sizes are and wherever the reader stands; as many are taken as Room said.
func TestWriteFramed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, hwm := range []int{0, 1, 7, 1000} {
		a, b, _, _ := pair(Options{HWM: hwm}, Options{})
		var sizes []int // of what is in the pipe
		wrote, read := byte(0), byte(0)
		var f msg.Part
		for range 3000 {
			var framed []byte
			count := r.IntN(40)
			var fresh []int
			for i := range count {
				size := r.IntN(600) >> r.IntN(10)
				framed = appendFrame(framed, wrote+byte(i), size)
				fresh = append(fresh, size)
			}
			room := a.Room(count)
			n := a.WriteFramed(framed)
			a.Flush()
			took := 0
			for at := 0; at < n; took++ {
				at += FrameLen(framed[at:])
			}
			if took != room || took < count && a.Room(1) != 0 {
				t.Fatalf("mark %d: took %d of %d, room was %d and is %d", hwm, took, count, room, a.Room(1))
			}
			wrote += byte(took)
			sizes = append(sizes, fresh[:took]...)
			for range r.IntN(len(sizes) + 1) {
				want := bytes.Repeat([]byte{read}, sizes[0])
				if !b.Read(&f) || f.Flags != 0 || !bytes.Equal(f.Data, want) {
					t.Fatalf("mark %d: read %x, want %x", hwm, f.Data, want)
				}
				f.Drop()
				sizes = sizes[1:]
				read++
			}
		}
	}
}

// TestRoomElsewhere: there is none in the middle of a message, behind a closed end,
// or where more than the number of messages counts.
func TestRoomElsewhere(t *testing.T) {
	end := func(o Options) *Pipe {
		a, _, _, _ := pair(o, Options{})
		return a
	}
	midway, closed := end(Options{HWM: 9}), end(Options{HWM: 9})
	if n := midway.Room(100); n != 9 {
		t.Errorf("%d, want the mark", n)
	}
	midway.Write(&msg.Part{Data: []byte("x"), Flags: msg.More})
	closed.Peer().CloseRead()
	for name, p := range map[string]*Pipe{
		"midway": midway, "closed": closed,
		"conflating": end(Options{Conflate: true}), "limited": end(Options{HWM: 9, Bytes: 1 << 20}),
	} {
		if n := p.Room(100); n != 0 {
			t.Errorf("%s: %d", name, n)
		}
	}
}
