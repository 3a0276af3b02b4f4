// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
)

// headerCases are the headers of frames without flags, by hand (RFC 13, 15, 23).
var headerCases = []struct {
	size   uint64
	v1, v2 string
}{
	{0, "01 00", "00 00"},
	{1, "02 00", "00 01"},
	{5, "06 00", "00 05"},
	{253, "fe 00", "00 fd"},
	{254, "ff 00000000000000ff 00", "00 fe"},
	{255, "ff 0000000000000100 00", "00 ff"},
	{256, "ff 0000000000000101 00", "02 0000000000000100"},
	{65535, "ff 0000000000010000 00", "02 000000000000ffff"},
	{65536, "ff 0000000000010001 00", "02 0000000000010000"},
	{1<<31 - 1, "ff 0000000080000000 00", "02 000000007fffffff"},
}

// TestHeaders compares both directions with the bytes by hand.
func TestHeaders(t *testing.T) {
	for _, c := range headerCases {
		size := int(c.size)
		want2, want1 := raw(t, c.v2), raw(t, c.v1)
		if got := AppendHeader([]byte("x"), 0, size); !bytes.Equal(got[1:], want2) || got[0] != 'x' {
			t.Errorf("%d: AppendHeader % x, want x and % x", size, got, want2)
		}
		if got := HeaderSize(size); got != len(want2) {
			t.Errorf("%d: HeaderSize %d", size, got)
		}
		if got := AppendHeaderV1([]byte("x"), 0, size); !bytes.Equal(got[1:], want1) || got[0] != 'x' {
			t.Errorf("%d: AppendHeaderV1 % x, want x and % x", size, got, want1)
		}
		if flags, got, n := ParseHeader(want2); flags&^FlagLarge != 0 || got != c.size || n != len(want2) {
			t.Errorf("%d: ParseHeader: flags %x, size %d, %d bytes", size, flags, got, n)
		}
		if flags, got, n, err := ParseHeaderV1(want1); err != nil || flags != 0 || got != c.size || n != len(want1) {
			t.Errorf("%d: ParseHeaderV1: flags %x, size %d, %d bytes, %v", size, flags, got, n, err)
		}
	}
}

// TestHeaderFlags: flags go as given, and LARGE where the size needs it only.
func TestHeaderFlags(t *testing.T) {
	for flags := byte(0); flags < FlagLarge<<2; flags++ {
		if flags&FlagLarge != 0 {
			continue
		}
		for _, size := range []int{0, 255, 256} {
			b := AppendHeader(nil, flags, size)
			want := flags
			if size > 255 {
				want |= FlagLarge
			}
			if b[0] != want {
				t.Errorf("flags %x, size %d: wrote %x", flags, size, b[0])
			}
			if got, _, n := ParseHeader(b); got != want || n != len(b) {
				t.Errorf("flags %x, size %d: read %x", flags, size, got)
			}
		}
	}
	for _, size := range []int{0, 253, 254} {
		b := AppendHeaderV1(nil, FlagMore, size)
		if flags, _, _, err := ParseHeaderV1(b); err != nil || flags != FlagMore {
			t.Errorf("v1, size %d: read flags %x, %v", size, flags, err)
		}
	}
}

// TestFlagsValid: all 256 of them; RFC 23 lists five that mean something.
func TestFlagsValid(t *testing.T) {
	good := map[byte]bool{0: true, 1: true, 2: true, 3: true, 4: true, 6: true}
	for flags := range 256 {
		if FlagsValid(byte(flags)) != good[byte(flags)] {
			t.Errorf("flags %02x: %v", flags, !good[byte(flags)])
		}
		b := []byte{byte(flags), 0, 0, 0, 0, 0, 0, 0, 0}
		_, n, err := Decode(V3_1, b, -1)
		var proto *ProtocolError
		if good[byte(flags)] != (err == nil && n > 0) || err != nil && !errors.As(err, &proto) {
			t.Errorf("flags %02x: Decode returns %d, %v", flags, n, err)
		}
	}
}

// TestDecode: what the tables of headers do not show.
func TestDecode(t *testing.T) {
	cases := []struct {
		name string
		v    Version
		in   string
		max  int64
		n    int
		body string
		more bool
		size uint64 // of the SizeError
		bad  bool   // a ProtocolError
	}{
		{"nothing", V3_1, "", -1, 0, "", false, 0, false},
		{"flags only", V3_1, "00", -1, 0, "", false, 0, false},
		{"hello", V3_1, "00 05 68656c6c6f", -1, 7, "hello", false, 0, false},
		{"hello and more", V2, "01 05 68656c6c6f ff", -1, 7, "hello", true, 0, false},
		{"long form of a short body", V3_0, "02 0000000000000002 6869 00", -1, 11, "hi", false, 0, false},
		{"empty", V3_1, "00 00", 0, 2, "", false, 0, false},
		{"one byte where none is allowed", V3_1, "00 01", 0, 0, "", false, 1, false},
		{"as long as allowed", V3_1, "00 02 6869", 2, 4, "hi", false, 0, false},
		{"too long, body not there", V3_1, "00 03", 2, 0, "", false, 3, false},
		{"2^62-1 bytes announced", V3_1, "02 3fffffffffffffff", -1, 0, "", false, 0, false},
		{"2^62 bytes announced", V3_1, "02 4000000000000000", -1, 0, "", false, 1 << 62, false},
		{"2^63 bytes announced", V3_1, "02 8000000000000000", -1, 0, "", false, 1 << 63, false},
		{"2^64-1 bytes announced", V3_1, "02 ffffffffffffffff", -1, 0, "", false, 1<<64 - 1, false},
		{"reserved flag", V3_1, "08 00", -1, 0, "", false, 0, true},
		{"a command that goes on", V3_1, "05 00", -1, 0, "", false, 0, true},
		{"reserved flag before too long", V3_1, "80 ff", 1, 0, "", false, 0, true},
		{"v1 hello", V1, "06 00 68656c6c6f 06", -1, 7, "hello", false, 0, false},
		{"v1 hello and more", V1Unversioned, "06 01 68656c6c6f", -1, 7, "hello", true, 0, false},
		{"v1 flags of a greeting", V1, "02 7e 41", -1, 3, "A", false, 0, false},
		{"v1 long form of a short body", V1, "ff 0000000000000003 01 6869", -1, 12, "hi", true, 0, false},
		{"v1 of no length", V1, "00", -1, 0, "", false, 0, true},
		{"v1 of no length, with flags", V1, "00 00", -1, 0, "", false, 0, true},
		{"v1 long form of no length", V1, "ff 0000000000000000 00", -1, 0, "", false, 0, true},
		{"v1 as long as allowed", V1, "03 00 6869", 2, 4, "hi", false, 0, false},
		{"v1 too long", V1, "04 00", 2, 0, "", false, 3, false},
		{"v1 2^62 bytes announced", V1, "ff 4000000000000001 00", -1, 0, "", false, 1 << 62, false},
		{"v1 2^64-2 bytes announced", V1, "ff ffffffffffffffff 00", -1, 0, "", false, 1<<64 - 2, false},
	}
	for _, c := range cases {
		f, n, err := Decode(c.v, raw(t, c.in), c.max)
		var size *SizeError
		var proto *ProtocolError
		if errors.As(err, &size) != (c.size != 0) || errors.As(err, &proto) != c.bad {
			t.Errorf("%s: error %v", c.name, err)
			continue
		}
		if size != nil && (size.Size != c.size || size.Max != limit(c.max)) {
			t.Errorf("%s: %+v, want size %d", c.name, size, c.size)
		}
		if n != c.n || string(f.Body) != c.body || f.Flags&FlagLarge != 0 || f.Flags&FlagMore != 0 != c.more {
			t.Errorf("%s: %d bytes, flags %x, body %q", c.name, n, f.Flags, f.Body)
		}
	}
}

// TestDecodeBodyEndsAtItsFrame: appending to a body does not write into what
// follows.
func TestDecodeBodyEndsAtItsFrame(t *testing.T) {
	for _, v := range []Version{V1, V3_1} {
		b := AppendHeader(nil, 0, 2)
		if v.Legacy() {
			b = AppendHeaderV1(nil, 0, 2)
		}
		b = append(b, "hiX"...)
		f, _, err := Decode(v, b, -1)
		if err != nil {
			t.Fatal(err)
		}
		_ = append(f.Body, 'Y')
		if b[len(b)-1] != 'X' {
			t.Errorf("%v: the byte behind the frame was overwritten", v)
		}
	}
}

// randomSize returns a size with the boundaries of the formats well visited.
func randomSize(rng *rand.Rand) int {
	edges := []int{0, 1, 2, 253, 254, 255, 256, 257, 65535, 65536}
	if rng.IntN(3) > 0 {
		return edges[rng.IntN(len(edges))]
	}
	return rng.IntN(1 << rng.IntN(12))
}

// TestFrameRoundTrip: every frame comes back, and every strict prefix of it is
// not enough.
func TestFrameRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		body := make([]byte, randomSize(rng))
		for i := range body {
			body[i] = byte(i) ^ byte(len(body))
		}
		flags := []byte{0, FlagMore, FlagCommand}[rng.IntN(3)]
		v := []Version{V1Unversioned, V1, V2, V3_0, V3_1}[rng.IntN(5)]
		var b []byte
		if v.Legacy() {
			flags &= FlagMore
			b = AppendHeaderV1(nil, flags, len(body))
		} else {
			b = AppendHeader(nil, flags, len(body))
		}
		head := len(b)
		b = append(b, body...)
		f, n, err := Decode(v, b, int64(len(body)))
		if err != nil || n != len(b) || f.Flags != flags || !bytes.Equal(f.Body, body) {
			t.Fatalf("%v, %d bytes, flags %x: got %d bytes, %+v, %v", v, len(body), flags, n, f.Flags, err)
		}
		for _, cut := range []int{0, 1, head - 1, head, rng.IntN(len(b)), len(b) - 1} {
			if cut >= len(b) {
				continue
			}
			if _, n, err := Decode(v, b[:cut], -1); n != 0 || err != nil {
				t.Fatalf("%v, %d bytes, cut at %d: %d, %v", v, len(body), cut, n, err)
			}
		}
		if len(body) == 0 {
			continue
		}
		var size *SizeError
		if _, _, err := Decode(v, b[:head], int64(len(body)-1)); !errors.As(err, &size) {
			t.Fatalf("%v, %d bytes, one less allowed: %v", v, len(body), err)
		}
	}
}

// TestHeaderRoundTripHuge: lengths that no test can allocate.
func TestHeaderRoundTripHuge(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		size := rng.Uint64() >> rng.IntN(64)
		b := binary.BigEndian.AppendUint64([]byte{FlagLarge}, size)
		if _, got, n := ParseHeader(b); got != size || n != HeaderSizeMax {
			t.Fatalf("%d: got %d, %d bytes", size, got, n)
		}
		if size == 0 {
			continue
		}
		b = append(binary.BigEndian.AppendUint64([]byte{0xff}, size), FlagMore)
		if _, got, n, err := ParseHeaderV1(b); got != size-1 || n != HeaderSizeMaxV1 || err != nil {
			t.Fatalf("v1 %d: got %d, %d bytes, %v", size, got, n, err)
		}
	}
}

// TestErrorsSpeak: the errors have words and the numbers in them.
func TestErrorsSpeak(t *testing.T) {
	_, _, err := Decode(V3_1, raw(t, "00 03"), 2)
	if err == nil || err.Error() != "zmtp: a frame of 3 bytes where 2 are allowed" {
		t.Errorf("%v", err)
	}
	_, _, err = Decode(V3_1, raw(t, "c8 03"), 2)
	if err == nil || err.Error() != "zmtp: frame flags 0xc8" {
		t.Errorf("%v", err)
	}
}
