// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// captures are whole streams as peers of each version send them.
var captures = []struct {
	name    string
	stream  string
	version Version
	frames  []string // flags in hexadecimal, a colon, the body
}{
	{"1.0, PUSH", "0100 0600 68656c6c6f 0201 61 0200 62", V1Unversioned, []string{"0:", "0:hello", "1:a", "0:b"}},
	{"1.0, long identity", "ff 0000000000000003 00 6964 0200 61", V1Unversioned, []string{"0:id", "0:a"}},
	{"revision 0", sigHex + "00 08 0100 0600 68656c6c6f", V1, []string{"0:", "0:hello"}},
	{"2.0, REQ", sigHex + "01 03 0002 6964 0100 0005 68656c6c6f", V2, []string{"0:id", "1:", "0:hello"}},
	{"3.0, SUB", sigHex + "03 00" + nullName + zeros32 +
		"0419 055245414459 0b 536f636b65742d54797065 00000003 535542 0001 01",
		V3_0, []string{"4:\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB", "0:\x01"}},
	{"3.1, PUSH", sigHex + "03 01" + nullName + zeros32 +
		"041a 055245414459 0b 536f636b65742d54797065 00000004 50555348 0005 68656c6c6f",
		V3_1, []string{"4:\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH", "0:hello"}},
	{"3.1, REQ", sigHex + "03 01" + nullName + zeros32 +
		"0426 055245414459 0b 536f636b65742d54797065 00000003 524551 08 4964656e74697479 00000000" +
		"0100 0007 0450494e47 0001 0007",
		V3_1, []string{"4:\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ\x08Identity\x00\x00\x00\x00", "1:", "0:\x04PING\x00\x01"}},
	{"3.1, SUB", sigHex + "03 01" + nullName + zeros32 +
		"0419 055245414459 0b 536f636b65742d54797065 00000003 535542 040b 09535542534352494245 61 0407 0643414e43454c" +
		"040a 0450494e47 0064 414243",
		V3_1, []string{"4:\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB", "4:\x09SUBSCRIBEa", "4:\x06CANCEL", "4:\x04PING\x00dABC"}},
	{"4.0, a reserved flag", sigHex + "04 00" + nullName + zeros32 + "0000 0800 0000", V3_1,
		[]string{"0:", "zmtp: frame flags 0x08"}},
	{"1.0, a frame of no length", "0100 00 0100", V1Unversioned, []string{"0:", "zmtp: a frame of no length"}},
	{"3.1, too large", sigHex + "03 01" + nullName + zeros32 + "0000 02 0000000000001001", V3_1,
		[]string{"0:", "zmtp: a frame of 4097 bytes where 4096 are allowed"}},
}

// reading is everything that can be said about a stream.
type reading struct {
	sent    []byte // by us
	version Version
	done    bool
	frames  []string
}

// read digests a stream that comes in pieces, as an engine does.
func read(pieces [][]byte) (r reading) {
	var g Greeting
	g.Init(0, "NULL", typeREQ)
	r.sent = append(r.sent, g.Start()...)
	var held []byte
	broken := false
	for _, p := range pieces {
		held = append(held, p...)
		if !r.done {
			n, err := g.Feed(held)
			held = held[n:]
			r.sent = append(r.sent, g.Out()...)
			if err != nil || !g.Done() {
				continue
			}
			r.done, r.version = true, g.Version()
			held = append(append([]byte(nil), g.Unread()...), held...)
		}
		for !broken {
			f, n, err := Decode(r.version, held, 4096)
			if err != nil {
				r.frames = append(r.frames, err.Error())
				broken = true
			}
			if n == 0 {
				break
			}
			r.frames = append(r.frames, fmt.Sprintf("%x:%s", f.Flags, f.Body))
			held = held[n:]
		}
	}
	return r
}

func (r *reading) equal(o *reading) bool {
	return bytes.Equal(r.sent, o.sent) && r.version == o.version && r.done == o.done &&
		fmt.Sprintf("%q", r.frames) == fmt.Sprintf("%q", o.frames)
}

// cut breaks b into random pieces, some of them empty.
func cut(rng *rand.Rand, b []byte) (pieces [][]byte) {
	for len(b) > 0 {
		n := rng.IntN(1<<rng.IntN(7)) % (len(b) + 1)
		pieces = append(pieces, b[:n:n])
		b = b[n:]
	}
	return pieces
}

// TestSplit: a stream means the same however the network cuts it.
func TestSplit(t *testing.T) {
	for _, c := range captures {
		stream := raw(t, c.stream)
		whole := read([][]byte{stream})
		if !whole.done || whole.version != c.version || fmt.Sprintf("%q", whole.frames) != fmt.Sprintf("%q", c.frames) {
			t.Errorf("%s: version %v, frames %q", c.name, whole.version, whole.frames)
			continue
		}
		var bytewise [][]byte
		for i := range stream {
			bytewise = append(bytewise, stream[i:i+1])
		}
		if got := read(bytewise); !got.equal(&whole) {
			t.Errorf("%s, byte by byte:\n got %+v\nwant %+v", c.name, got, whole)
		}
		for i := range stream {
			if got := read([][]byte{stream[:i], stream[i:]}); !got.equal(&whole) {
				t.Errorf("%s, cut at %d:\n got %+v\nwant %+v", c.name, i, got, whole)
			}
		}
		for seed := range uint64(100) {
			rng := rand.New(rand.NewPCG(seed, 8))
			if got := read(cut(rng, stream)); !got.equal(&whole) {
				t.Errorf("%s, seed %d:\n got %+v\nwant %+v", c.name, seed, got, whole)
			}
		}
	}
}
