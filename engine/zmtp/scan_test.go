// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestScan: every way to stop, with what is known of the frame that comes next.
func TestScan(t *testing.T) {
	const large = 8
	cases := []struct {
		name     string
		in       string
		messages int
		max      int64
		want     ScanResult
	}{
		{"nothing", "", 9, -1, ScanResult{}},
		{"flags only", "00", 9, -1, ScanResult{}},
		{"a header less one byte", "02 00000000000001", 9, -1, ScanResult{}},
		{"reserved flags, long header not there", "fa 00", 9, -1, ScanResult{}},
		{"one message", "00 01 41", 9, -1, ScanResult{Bytes: 3, Messages: 1, Boundary: 3}},
		{"two messages", "00 01 41 00 00", 9, -1, ScanResult{Bytes: 5, Messages: 2, Boundary: 5}},
		{"two frames", "01 01 41 00 00", 9, -1, ScanResult{Bytes: 5, Messages: 1, Boundary: 5}},
		{"message and a part", "00 00 01 01 41", 9, -1, ScanResult{Bytes: 5, Messages: 1, Boundary: 2}},
		{"a part only", "01 01 41", 9, -1, ScanResult{Bytes: 3}},
		{"long form", "02 0000000000000001 41", 9, -1, ScanResult{Bytes: 10, Messages: 1, Boundary: 10}},
		{"short: body not there", "00 00 01 07 41", 9, -1,
			ScanResult{Bytes: 2, Messages: 1, Boundary: 2, Stop: StopShort, Flags: 1, Size: 7, HeaderLen: 2}},
		{"large: body not there", "01 00 00 08 41", 9, -1,
			ScanResult{Bytes: 2, Stop: StopLarge, Size: 8, HeaderLen: 2}},
		{"large: nothing but the header", "03 0000000000000100", 9, -1,
			ScanResult{Stop: StopLarge, Flags: 3, Size: 256, HeaderLen: 9}},
		{"large and whole", "00 08 4141414141414141", 9, -1, ScanResult{Bytes: 10, Messages: 1, Boundary: 10}},
		{"large: 2^62-1", "02 3fffffffffffffff", 9, -1,
			ScanResult{Stop: StopLarge, Flags: 2, Size: SizeMax, HeaderLen: 9}},
		{"command", "00 00 04 01 41", 9, -1,
			ScanResult{Bytes: 2, Messages: 1, Boundary: 2, Stop: StopCommand, Flags: 4, Size: 1, HeaderLen: 2}},
		{"command between parts", "01 00 04 00 00 00", 9, -1,
			ScanResult{Bytes: 2, Stop: StopCommand, Flags: 4, HeaderLen: 2}},
		{"command in the long form", "06 0000000000000001 41", 9, -1,
			ScanResult{Stop: StopCommand, Flags: 6, Size: 1, HeaderLen: 9}},
		{"command not there", "04 02 41", 9, -1, ScanResult{Stop: StopShort, Flags: 4, Size: 2, HeaderLen: 2}},
		{"large command not there", "04 08 41", 9, -1, ScanResult{Stop: StopLarge, Flags: 4, Size: 8, HeaderLen: 2}},
		{"as many as asked for", "00 00 00 00 00 00", 2, -1,
			ScanResult{Bytes: 4, Messages: 2, Boundary: 4, Stop: StopLimit}},
		{"as many as there are", "00 00 00 00", 2, -1,
			ScanResult{Bytes: 4, Messages: 2, Boundary: 4, Stop: StopLimit}},
		{"limit counts messages, not frames", "01 00 01 00 00 00 00 00", 1, -1,
			ScanResult{Bytes: 6, Messages: 1, Boundary: 6, Stop: StopLimit}},
		{"limit before a bad frame", "00 00 ff 00", 1, -1,
			ScanResult{Bytes: 2, Messages: 1, Boundary: 2, Stop: StopLimit}},
		{"too big, whole", "00 03 414141", 9, 2, ScanResult{Stop: StopTooBig, Size: 3, HeaderLen: 2}},
		{"too big, not there", "00 00 01 03", 9, 2,
			ScanResult{Bytes: 2, Messages: 1, Boundary: 2, Stop: StopTooBig, Flags: 1, Size: 3, HeaderLen: 2}},
		{"too big: a command", "04 03 414141", 9, 2, ScanResult{Stop: StopTooBig, Flags: 4, Size: 3, HeaderLen: 2}},
		{"too big: 2^62", "02 4000000000000000", 9, -1,
			ScanResult{Stop: StopTooBig, Flags: 2, Size: 1 << 62, HeaderLen: 9}},
		{"too big: 2^64-1", "02 ffffffffffffffff", 9, -1,
			ScanResult{Stop: StopTooBig, Flags: 2, Size: 1<<64 - 1, HeaderLen: 9}},
		{"nothing allowed, nothing sent", "00 00", 9, 0, ScanResult{Bytes: 2, Messages: 1, Boundary: 2}},
		{"nothing allowed", "00 01 41", 9, 0, ScanResult{Stop: StopTooBig, Size: 1, HeaderLen: 2}},
		{"reserved flag", "00 00 08 00", 9, -1,
			ScanResult{Bytes: 2, Messages: 1, Boundary: 2, Stop: StopFlags, Flags: 8, HeaderLen: 2}},
		{"command that goes on", "05 00", 9, -1, ScanResult{Stop: StopFlags, Flags: 5, HeaderLen: 2}},
		{"reserved flag before too big", "10 ff", 9, 1, ScanResult{Stop: StopFlags, Flags: 16, Size: 255, HeaderLen: 2}},
	}
	for _, c := range cases {
		if got := Scan(raw(t, c.in), c.messages, large, c.max); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// scanByDecode is what Scan must do, in terms of Decode.
func scanByDecode(b []byte, messagesMax, large int, sizeMax int64) (r ScanResult) {
	for {
		f, n, err := Decode(V3_1, b[r.Bytes:], sizeMax)
		flags, size, head := ParseHeader(b[r.Bytes:])
		var proto *ProtocolError
		var tooBig *SizeError
		stop := StopShort
		switch {
		case errors.As(err, &proto):
			stop = StopFlags
		case errors.As(err, &tooBig):
			stop = StopTooBig
		case n > 0 && f.Flags&FlagCommand != 0:
			stop = StopCommand
		case n > 0:
			r.Bytes += n
			if f.Flags&FlagMore == 0 {
				r.Messages, r.Boundary = r.Messages+1, r.Bytes
			}
			if r.Messages == messagesMax && f.Flags&FlagMore == 0 {
				r.Stop = StopLimit
				return r
			}
			continue
		case head > 0 && size >= uint64(large):
			stop = StopLarge
		}
		r.Stop, r.Flags, r.Size, r.HeaderLen = stop, flags, size, head
		return r
	}
}

// randomStream is a stream of frames, mostly good ones, cut anywhere.
func randomStream(rng *rand.Rand) []byte {
	var b []byte
	for range 1 + rng.IntN(12) {
		size := rng.IntN(1 << rng.IntN(10))
		if rng.IntN(4) == 0 {
			size = 250 + rng.IntN(10)
		}
		flags := []byte{0, 0, 0, FlagMore, FlagMore, FlagMore, FlagCommand}[rng.IntN(7)]
		switch rng.IntN(40) {
		case 0:
			flags = byte(rng.Uint32())
		case 1: // the long form where it need not be
			b = append(b, flags|FlagLarge, 0, 0, 0, 0, 0, 0, byte(size>>8), byte(size))
			b = append(b, make([]byte, size)...)
			continue
		case 2: // a length without a body
			return AppendHeader(b, flags, rng.IntN(1<<30))
		}
		b = append(AppendHeader(b, flags, size), make([]byte, size)...)
	}
	if rng.IntN(2) == 0 {
		b = b[:rng.IntN(len(b)+1)]
	}
	if len(b) > 0 && rng.IntN(8) == 0 {
		b[rng.IntN(len(b))] = byte(rng.Uint32())
	}
	return b
}

// TestScanAgreesWithDecode on random streams, limits and sizes.
func TestScanAgreesWithDecode(t *testing.T) {
	seen := map[Stop]int{}
	for seed := range uint64(20000) {
		rng := rand.New(rand.NewPCG(seed, 5))
		b := randomStream(rng)
		messages, large := 1+rng.IntN(8), 1+rng.IntN(1<<rng.IntN(12))
		sizeMax := int64(-1)
		if rng.IntN(3) == 0 {
			sizeMax = rng.Int64N(1 << rng.IntN(11))
		}
		got, want := Scan(b, messages, large, sizeMax), scanByDecode(b, messages, large, sizeMax)
		if got != want {
			t.Fatalf("seed %d: % x\nmessages %d, large %d, max %d:\n got %+v\nwant %+v", seed, b, messages, large, sizeMax, got, want)
		}
		seen[got.Stop]++
	}
	for stop := StopShort; stop <= StopFlags; stop++ {
		if seen[stop] < 20 {
			t.Errorf("only %d streams ended with stop %d: the streams prove little", seen[stop], stop)
		}
	}
}

// TestScanGoesOn: a scan that is continued where it stopped finds what one scan
// finds.
func TestScanGoesOn(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 6))
		b := randomStream(rng)
		whole := Scan(b, 1<<30, 512, -1)
		var sum ScanResult
		for {
			r := Scan(b[sum.Bytes:], 1+rng.IntN(3), 512, -1)
			if r.Messages > 0 {
				sum.Boundary = sum.Bytes + r.Boundary
			}
			sum.Bytes += r.Bytes
			sum.Messages += r.Messages
			if r.Stop != StopLimit {
				r.Bytes, r.Messages, r.Boundary = sum.Bytes, sum.Messages, sum.Boundary
				sum = r
				break
			}
		}
		if sum != whole {
			t.Fatalf("seed %d:\nin pieces %+v\n at once  %+v", seed, sum, whole)
		}
	}
}

// TestCodecAllocatesNothing: neither walking nor decoding nor writing headers.
func TestCodecAllocatesNothing(t *testing.T) {
	b := append(AppendHeader(nil, FlagMore, 300), make([]byte, 300)...)
	b = append(AppendHeader(b, 0, 3), "abc"...)
	v1 := append(AppendHeaderV1(nil, 0, 3), "abc"...)
	var h [HeaderSizeMaxV1]byte
	frames := 0
	n := testing.AllocsPerRun(100, func() {
		r := Scan(b, 10, 1<<20, -1)
		_, k, _ := Decode(V3_1, b, -1)
		_, k1, _ := Decode(V1, v1, -1)
		frames += r.Messages + k + k1 + PutHeader(h[:], 0, 256)
		frames += len(AppendHeaderV1(h[:0], 0, 256)) + len(AppendHeader(h[:0], 0, 256))
	})
	if n != 0 || frames == 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestLead: what comes before a body and tells its size.
func TestLead(t *testing.T) {
	header := func(flags byte, size int) []byte { return AppendHeader(nil, flags, size) }
	frame := func(flags byte, size int) []byte { return append(header(flags, size), make([]byte, size)...) }
	for name, c := range map[string]struct {
		b    []byte
		size uint64 // 0: it is no lead
	}{
		"a header":                {header(0, 70_000), 70_000},
		"a header of a short one": {header(FlagMore, 7), 7},
		"of none":                 {header(0, 0), 0},
		"half a header":           {header(0, 70_000)[:5], 0},
		"frames and a header":     {slices.Concat(frame(FlagMore, 0), frame(FlagMore, 20), header(FlagMore, 300)), 300},
		"an end":                  {slices.Concat(frame(FlagMore, 0), frame(0, 20), header(0, 300)), 0},
		"too little":              {slices.Concat(frame(FlagMore, 20)[:10]), 0},
		"no header at the end":    {frame(FlagMore, 20), 0},
		"a command":               {slices.Concat(frame(FlagCommand, 20), header(0, 300)), 0},
		"reserved flags":          {header(8, 300), 0},
		"more than there can be":  {append(header(FlagMore, 1<<62), 1, 2), 0},
		"nothing":                 {nil, 0},
	} {
		flags, size, ok := Lead(c.b)
		if ok != (c.size > 0) || ok && (size != c.size || flags&^FlagLarge > FlagMore) {
			t.Errorf("%s: flags %x, size %d, %v", name, flags, size, ok)
		}
	}
}
