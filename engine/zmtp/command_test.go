// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCommandBytes compares the writers with bytes by hand (RFC 23 and 37).
func TestCommandBytes(t *testing.T) {
	cases := []struct {
		name string
		got  []byte
		want string
	}{
		{"PING", AppendPing(nil, 0x0102, []byte("ctx")), "04 50494e47 0102 637478"},
		{"PING without context", AppendPing(nil, 0, nil), "04 50494e47 0000"},
		{"PONG", AppendPong(nil, []byte("ctx")), "04 504f4e47 637478"},
		{"PONG without context", AppendPong(nil, nil), "04 504f4e47"},
		{"SUBSCRIBE", AppendSubscribe(nil, []byte("a")), "09 535542534352494245 61"},
		{"SUBSCRIBE to all", AppendSubscribe(nil, nil), "09 535542534352494245"},
		{"CANCEL", AppendCancel(nil, []byte("a")), "06 43414e43454c 61"},
		{"JOIN", AppendJoin(nil, "g"), "04 4a4f494e 67"},
		{"LEAVE", AppendLeave(nil, "g"), "05 4c45415645 67"},
		{"ERROR", AppendError(nil, "400"), "05 4552524f52 03 343030"},
		{"ERROR without reason", AppendError(nil, ""), "05 4552524f52 00"},
		{"READY of a PUSH", AppendReady(nil, "PUSH", nil, false, nil),
			"05 5245414459 0b 536f636b65742d54797065 00000004 50555348"},
		{"READY of a REQ", AppendReady(nil, "REQ", nil, true, nil),
			"05 5245414459 0b 536f636b65742d54797065 00000003 524551 08 4964656e74697479 00000000"},
		{"READY with identity and more", AppendReady(nil, "REQ", []byte("me"), true,
			[]Property{{[]byte("X-A"), []byte("1")}, {[]byte("X-B"), nil}}),
			"05 5245414459 0b 536f636b65742d54797065 00000003 524551 08 4964656e74697479 00000002 6d65" +
				"03 582d41 00000001 31 03 582d42 00000000"},
	}
	for _, c := range cases {
		if want := raw(t, c.want); !bytes.Equal(c.got, want) {
			t.Errorf("%s:\n got % x\nwant % x", c.name, c.got, want)
		}
	}
	if got := AppendPong([]byte("x"), nil); got[0] != 'x' {
		t.Error("what was there before is gone")
	}
}

// TestParseCommand: names of one to 255 bytes, and nothing else.
func TestParseCommand(t *testing.T) {
	long := strings.Repeat("n", 255)
	cases := []struct {
		body, name, payload string
		ok                  bool
	}{
		{"", "", "", false},
		{"\x00", "", "", false},
		{"\x00abc", "", "", false},
		{"\x01", "", "", false},
		{"\x05READ", "", "", false},
		{"\x01A", "A", "", true},
		{"\x05READY", "READY", "", true},
		{"\x05READYxyz", "READY", "xyz", true},
		{"\xff" + long, long, "", true},
		{"\xff" + long[1:], "", "", false},
		{"\xff" + long + "p", long, "p", true},
	}
	for _, c := range cases {
		name, payload, err := ParseCommand([]byte(c.body))
		if string(name) != c.name || string(payload) != c.payload || (err == nil) != c.ok {
			t.Errorf("%.20q: %q, %q, %v", c.body, name, payload, err)
		}
		var proto *ProtocolError
		if err != nil && (!errors.As(err, &proto) || proto.Code != ErrorMalformedCommandUnspecified) {
			t.Errorf("%.20q: error %v", c.body, err)
		}
	}
}

// TestPing: a context is cut at 16 bytes by writer and reader, and a PING
// without a whole time to live is an error (edge cases 49, 50).
func TestPing(t *testing.T) {
	long := []byte("0123456789abcdefGHI")
	for n := range len(long) + 1 {
		want := long[:min(n, PingContextBytesMax)]
		name, payload, err := ParseCommand(AppendPing(nil, 655, long[:n]))
		if err != nil || string(name) != CommandPing {
			t.Fatal(string(name), err)
		}
		ttl, context, err := ParsePing(payload)
		if err != nil || ttl != 655 || !bytes.Equal(context, want) || len(payload) != 2+len(want) {
			t.Errorf("%d bytes of context: %d, %q, %v", n, ttl, context, err)
		}
		_, context, err = ParsePing(append([]byte{0xff, 0xff}, long[:n]...))
		if err != nil || !bytes.Equal(context, want) {
			t.Errorf("%d bytes of context from a peer: %q, %v", n, context, err)
		}
		if name, payload, err := ParseCommand(AppendPong(nil, long[:n])); err != nil ||
			string(name) != CommandPong || !bytes.Equal(payload, want) {
			t.Errorf("PONG with %d bytes: %q, %q, %v", n, name, payload, err)
		}
	}
	for _, short := range []string{"", "\x01"} {
		var proto *ProtocolError
		if _, _, err := ParsePing([]byte(short)); !errors.As(err, &proto) {
			t.Errorf("a PING of %d bytes: %v", len(short), err)
		}
	}
}

// TestError: the reason has a length of its own, and at most 255 bytes.
func TestError(t *testing.T) {
	long := strings.Repeat("r", 300)
	for _, n := range []int{0, 1, 254, 255, 256, 300} {
		_, payload, err := ParseCommand(AppendError(nil, long[:n]))
		if err != nil {
			t.Fatal(err)
		}
		reason, err := ParseError(payload)
		if err != nil || string(reason) != long[:min(n, 255)] {
			t.Errorf("%d bytes: %d bytes, %v", n, len(reason), err)
		}
	}
	if reason, err := ParseError([]byte("\x01ab")); err != nil || string(reason) != "a" {
		t.Errorf("what follows the reason: %q, %v", reason, err)
	}
	for _, bad := range []string{"", "\x01", "\x03ab", "\xff"} {
		var proto *ProtocolError
		if _, err := ParseError([]byte(bad)); !errors.As(err, &proto) || proto.Code != ErrorMalformedCommandError {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// list reads a whole property list.
func list(b []byte) (props []Property, err error) {
	it := ParseProperties(b)
	for {
		p, ok, err := it.Next()
		if err != nil || !ok {
			return props, err
		}
		props = append(props, p)
	}
}

// TestPropertiesRoundTrip: what is written is read, and a list that ends within
// an entry is an error at each byte.
func TestPropertiesRoundTrip(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var b []byte
		var want []Property
		whole := map[int]int{0: 0} // ends of entries, and how many there are
		for range rng.IntN(5) {
			name := bytes.Repeat([]byte{byte('a' + rng.IntN(26))}, 1+rng.IntN(255))
			value := make([]byte, rng.IntN(1<<rng.IntN(10)))
			b = AppendProperty(b, string(name), value)
			want = append(want, Property{name, value})
			whole[len(b)] = len(want)
		}
		for cut := range len(b) + 1 {
			got, err := list(b[:cut])
			entries, isWhole := whole[cut]
			if (err == nil) != isWhole {
				t.Fatalf("seed %d: cut at %d of %d: %v", seed, cut, len(b), err)
			}
			var proto *ProtocolError
			if err != nil && (!errors.As(err, &proto) || proto.Code != ErrorInvalidMetadata) {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if isWhole && len(got) != entries {
				t.Fatalf("seed %d: %d entries, want %d", seed, len(got), entries)
			}
			for i, p := range got {
				if !bytes.Equal(p.Name, want[i].Name) || !bytes.Equal(p.Value, want[i].Value) {
					t.Fatalf("seed %d: entry %d is %q", seed, i, p.Name)
				}
			}
		}
	}
}

// TestPropertiesByHand: the lengths at their ends.
func TestPropertiesByHand(t *testing.T) {
	cases := []struct {
		name, in string
		entries  int
		ok       bool
	}{
		{"nothing", "", 0, true},
		{"a byte", "00", 0, false},
		{"a name of nothing", "00 00000001 41", 1, true},
		{"value of 2^32-1 bytes", "01 41 ffffffff 00", 0, false},
		{"value of 2^31 bytes", "01 41 80000000 00", 0, false},
		{"name of 255 bytes", "ff" + strings.Repeat("41", 255) + "00000000", 1, true},
		{"an entry and a byte", "01 41 00000000 01", 1, false},
		{"two of the same name", "01 41 00000000 01 41 00000000", 2, true},
	}
	for _, c := range cases {
		got, err := list(raw(t, c.in))
		if len(got) != c.entries || (err == nil) != c.ok {
			t.Errorf("%s: %d entries, %v", c.name, len(got), err)
		}
	}
	it := ParseProperties(raw(t, "01 41 00000001 42 01"))
	p, _, _ := it.Next()
	_ = append(p.Value, 'X')
	if _, _, err := it.Next(); err == nil || it.rest[0] != 1 {
		t.Error("appending to a value wrote into the list")
	}
	_, _, first := it.Next()
	if _, _, again := it.Next(); first == nil || again == nil {
		t.Error("a broken list is whole at the second look")
	}
}
