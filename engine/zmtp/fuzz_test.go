// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// FuzzGreeting: any stream is taken the same however it is cut, and we reveal
// only what the rules allow.
func FuzzGreeting(f *testing.F) {
	for _, c := range greetingCases {
		f.Add(raw(f, c.peer), uint64(1))
	}
	for _, c := range captures {
		f.Add(raw(f, c.stream), uint64(2))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		whole := read([][]byte{stream})
		if got := read(cut(rand.New(rand.NewPCG(seed, 9)), stream)); !got.equal(&whole) {
			t.Fatalf("in pieces %+v\nat once %+v", got, whole)
		}
		signed := len(stream) >= signatureSize && stream[0] == 0xff && stream[9]&1 == 1
		want := signatureSize
		switch {
		case signed && len(stream) > signatureSize && stream[signatureSize] > 1:
			want = greetingSizeV3
		case signed && len(stream) > signatureSize:
			want = greetingSizeV2
		case signed:
			want++
		}
		if len(whole.sent) != want {
			t.Fatalf("%d bytes revealed, want %d", len(whole.sent), want)
		}
	})
}

// FuzzDecode: a frame that is found is the one that its header announces, it is
// found in every longer stream, in no shorter one, and writing it again gives a
// stream that reads the same.
func FuzzDecode(f *testing.F) {
	for _, c := range headerCases {
		f.Add(raw(f, c.v2), uint8(V3_1), int64(-1))
		f.Add(raw(f, c.v1), uint8(V1), int64(254))
	}
	f.Add(raw(f, "01 05 68656c6c6f ff"), uint8(V2), int64(5))
	f.Add(raw(f, "02 0000000000000002 6869 00"), uint8(V3_0), int64(2))
	f.Add(raw(f, "ff 0000000000000003 01 6869"), uint8(V1Unversioned), int64(2))
	f.Fuzz(func(t *testing.T, b []byte, v uint8, sizeMax int64) {
		version := Version(v % uint8(V3_1+1))
		frame, n, err := Decode(version, b, sizeMax)
		if err != nil && n != 0 || n < 0 || n > len(b) || uint64(len(frame.Body)) > limit(sizeMax) {
			t.Fatalf("%d of %d bytes, body of %d, %v", n, len(b), len(frame.Body), err)
		}
		if n == 0 {
			return
		}
		if again, k, err := Decode(version, b[:n], sizeMax); k != n || err != nil || !bytes.Equal(again.Body, frame.Body) {
			t.Fatalf("not found in its own bytes: %d, %v", k, err)
		}
		if _, k, _ := Decode(version, b[:n-1], sizeMax); k != 0 {
			t.Fatalf("found without its last byte: %d", k)
		}
		var w []byte
		if version.Legacy() {
			w = AppendHeaderV1(nil, frame.Flags, len(frame.Body))
		} else {
			w = AppendHeader(nil, frame.Flags, len(frame.Body))
		}
		w = append(w, frame.Body...)
		again, k, err := Decode(version, w, sizeMax)
		if k != len(w) || k > n || err != nil || again.Flags != frame.Flags || !bytes.Equal(again.Body, frame.Body) {
			t.Fatalf("written again it reads as %d of %d bytes, %v", k, len(w), err)
		}
	})
}

// FuzzScan: Scan finds what a loop of Decode finds, and what Lead takes for a lead
// makes, with its body, one whole message or its beginning.
func FuzzScan(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(randomStream(rand.New(rand.NewPCG(seed, 10))), uint8(3), uint16(64), int64(-1))
	}
	f.Add(raw(f, "0000 0100 0401 41 0800"), uint8(200), uint16(1), int64(1))
	f.Add(raw(f, "00 00 06 ffffffffffffffff"), uint8(200), uint16(1), int64(300))
	f.Fuzz(func(t *testing.T, b []byte, messages uint8, large uint16, sizeMax int64) {
		m, l := 1+int(messages), 1+int(large)
		if got, want := Scan(b, m, l, sizeMax), scanByDecode(b, m, l, sizeMax); got != want {
			t.Fatalf("\n got %+v\nwant %+v", got, want)
		}
		if flags, size, ok := Lead(b); ok && size < 1<<16 {
			whole := append(b[:len(b):len(b)], make([]byte, size)...)
			r := Scan(whole, 2, 1<<20, -1)
			if r.Bytes != len(whole) || (r.Messages == 1) != (flags&FlagMore == 0) {
				t.Fatalf("%x is the lead of %d bytes: %+v", b, size, r)
			}
		}
	})
}

// FuzzCommand: a command that parses is its name and its payload, and what the
// parsers of payloads return lies within them.
func FuzzCommand(f *testing.F) {
	f.Add(AppendPing(nil, 10, []byte("context")))
	f.Add(AppendError(nil, "reason"))
	f.Add(AppendSubscribe(nil, []byte("topic")))
	f.Add(AppendReady(nil, "REQ", nil, true, nil))
	f.Add([]byte("\x05READ"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		name, payload, err := ParseCommand(body)
		if err != nil {
			if len(body) > 1 && body[0] > 0 && len(body) > int(body[0]) {
				t.Fatalf("% x: %v", body, err)
			}
			return
		}
		if again := append(AppendName(nil, string(name)), payload...); !bytes.Equal(again, body) {
			t.Fatalf("% x written again is % x", body, again)
		}
		ttl, context, err := ParsePing(payload)
		if (err == nil) != (len(payload) >= 2) || len(context) > PingContextBytesMax {
			t.Fatalf("PING of %d bytes: context %d, %v", len(payload), len(context), err)
		}
		if err == nil && len(payload) <= 2+PingContextBytesMax {
			if again := AppendPing(nil, ttl, context); !bytes.Equal(again[5:], payload) {
				t.Fatalf("PING % x written again is % x", payload, again)
			}
		}
		reason, err := ParseError(payload)
		if err == nil && !bytes.HasPrefix(payload, AppendName(nil, string(reason))) {
			t.Fatalf("reason %q of % x", reason, payload)
		}
	})
}

// FuzzProperties: the entries of a list, written again, are its beginning, and
// all of it where there is no error.
func FuzzProperties(f *testing.F) {
	f.Add(AppendBasic(nil, "REQ", nil, true, nil))
	f.Add(AppendBasic(nil, "ROUTER", []byte("id"), true, []Property{{[]byte("X-Key"), []byte("value")}}))
	f.Add(raw(f, "01 41 ffffffff 00"))
	f.Add(raw(f, "00 00000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		props, err := list(b)
		var again []byte
		for _, p := range props {
			again = AppendProperty(again, string(p.Name), p.Value)
		}
		if !bytes.HasPrefix(b, again) || (err == nil) != (len(again) == len(b)) {
			t.Fatalf("%d of %d bytes, %v", len(again), len(b), err)
		}
	})
}
