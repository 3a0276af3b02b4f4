// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// raw turns hexadecimal digits with blanks in between into bytes.
func raw(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	sigHex    = "ff 0000000000000001 7f"
	nullName  = "4e554c4c 00000000000000000000000000000000"
	plainName = "504c41494e 000000000000000000000000000000"
	curveName = "4355525645 000000000000000000000000000000"
	zeros32   = "0000000000000000000000000000000000000000000000000000000000000000"
	typeREQ   = 3

	// What we send in the tests, whose socket is a REQ without identity.
	ourRest = "01" + nullName + zeros32
)

// answer is what we reveal when the peer has sent so many bytes.
type answer struct {
	after int
	hex   string
}

// greetingCases: RFC 13, 15, 23 and 37, and the rules of libzmq's
// zmtp_engine_t::receive_greeting for what lies between them.
var greetingCases = []struct {
	name      string
	peer      string
	takes     int // bytes that belong to the greeting
	version   Version
	mechanism string
	unread    string
	answers   []answer // after the signature
}{
	{"1.0, anonymous", "0100 0600 68656c6c6f", 1, V1Unversioned, "", "01", nil},
	{"1.0, identity of one byte", "0200 41", 1, V1Unversioned, "", "02", nil},
	{"1.0, length of nothing", "00", 1, V1Unversioned, "", "00", nil},
	{"1.0, identity of 253 bytes", "fe00", 1, V1Unversioned, "", "fe", nil},
	{"1.0, identity of 254 bytes, escaped", "ff 00000000000000ff 00 41", 10, V1Unversioned, "",
		"ff 00000000000000ff 00", nil},
	{"1.0, escaped, flags without bit 0", "ff 0000000000000001 7e", 10, V1Unversioned, "",
		"ff 0000000000000001 7e", nil},
	{"revision 0", sigHex + "00 04", 12, V1, "", "", []answer{{10, "03"}, {11, "03"}}},
	{"revision 0, identity behind", sigHex + "00 05 0100", 12, V1, "", "", []answer{{10, "03"}, {11, "03"}}},
	{"2.0", sigHex + "01 06 0000", 12, V2, "", "", []answer{{10, "03"}, {11, "03"}}},
	{"2.0, signature of zeros", "ff 0000000000000000 7f 01 06", 12, V2, "", "", []answer{{10, "03"}, {11, "03"}}},
	{"revision 2", sigHex + "02 00" + nullName + zeros32, 64, V3_1, "NULL", "", []answer{{10, "03"}, {11, ourRest}}},
	{"3.0", sigHex + "03 00" + nullName + zeros32, 64, V3_0, "NULL", "", []answer{{10, "03"}, {11, ourRest}}},
	{"3.0, PLAIN, as-server", sigHex + "03 00" + plainName + "01" + zeros32[2:], 64, V3_0, "PLAIN", "",
		[]answer{{10, "03"}, {11, ourRest}}},
	{"3.1", sigHex + "03 01" + nullName + zeros32 + "0426", 64, V3_1, "NULL", "", []answer{{10, "03"}, {11, ourRest}}},
	{"3.1, identity of 5 bytes", "ff 0000000000000006 7f 03 01" + curveName + zeros32, 64, V3_1, "CURVE", "",
		[]answer{{10, "03"}, {11, ourRest}}},
	{"3.1, only bit 0 in byte 10", "ff 0102030405060708 01 03 01" + nullName + zeros32, 64, V3_1, "NULL", "",
		[]answer{{10, "03"}, {11, ourRest}}},
	{"3.2", sigHex + "03 02" + nullName + zeros32, 64, V3_1, "NULL", "", []answer{{10, "03"}, {11, ourRest}}},
	{"4.0", sigHex + "04 00" + nullName + zeros32, 64, V3_1, "NULL", "", []answer{{10, "03"}, {11, ourRest}}},
	{"255.255", sigHex + "ff ff" + nullName + zeros32, 64, V3_1, "NULL", "", []answer{{10, "03"}, {11, ourRest}}},
	{"3.1, name without zeros", sigHex + "03 01" + "4142434445464748494a4142434445464748494a" + zeros32, 64, V3_1,
		"ABCDEFGHIJABCDEFGHIJ", "", []answer{{10, "03"}, {11, ourRest}}},
	{"3.1, zero within the name", sigHex + "03 01" + "4e554c4c00 41 0000000000000000000000000000" + zeros32, 64, V3_1,
		"NULL\x00A", "", []answer{{10, "03"}, {11, ourRest}}},
}

// TestGreeting feeds each peer's bytes one at a time and looks at what we send
// in answer to each: nothing earlier, nothing else, nothing twice (edge cases 3 to 5).
func TestGreeting(t *testing.T) {
	for _, c := range greetingCases {
		t.Run(c.name, func(t *testing.T) {
			peer := raw(t, c.peer)
			var g Greeting
			g.Init(0, "NULL", typeREQ)
			if got := g.Start(); !bytes.Equal(got, raw(t, sigHex)) {
				t.Fatalf("begins with % x", got)
			}
			answers := c.answers
			for i := range peer {
				n, err := g.Feed(peer[i : i+1])
				if err != nil {
					t.Fatal(err)
				}
				if want := min(1, max(0, c.takes-i)); n != want {
					t.Fatalf("byte %d: took %d, want %d", i+1, n, want)
				}
				if want := i+1 >= c.takes; g.Done() != want {
					t.Fatalf("after byte %d: Done is %v", i+1, g.Done())
				}
				var want []byte
				if len(answers) > 0 && answers[0].after == i+1 {
					want, answers = raw(t, answers[0].hex), answers[1:]
				}
				if got := g.Out(); !bytes.Equal(got, want) {
					t.Fatalf("after byte %d we send % x, want % x", i+1, got, want)
				}
			}
			if g.Version() != c.version {
				t.Errorf("version %d, want %d", g.Version(), c.version)
			}
			if c.version >= V3_0 && g.Mechanism() != c.mechanism {
				t.Errorf("mechanism %q, want %q", g.Mechanism(), c.mechanism)
			}
			if got := g.Unread(); !bytes.Equal(got, raw(t, c.unread)) {
				t.Errorf("unread % x, want %s", got, c.unread)
			}
		})
	}
}

// TestGreetingSignatureLength: the signature is also the header of our identity
// message for a peer that knows no greetings.
func TestGreetingSignatureLength(t *testing.T) {
	for _, size := range []int{0, 1, 5, 253, 254, 255} {
		var g Greeting
		g.Init(size, "NULL", typeREQ)
		_, length, n, err := ParseHeaderV1(g.Start())
		if err != nil || n != HeaderSizeMaxV1 || length != uint64(size) {
			t.Errorf("identity of %d bytes: header says %d, %d bytes long, %v", size, length, n, err)
		}
	}
}

// TestGreetingLongMechanism: a name that fills its field leaves the next field
// alone.
func TestGreetingLongMechanism(t *testing.T) {
	name := strings.Repeat("M", MechanismSizeMax)
	var a, b Greeting
	a.Init(0, name, typeREQ)
	b.Init(0, name, typeREQ)
	all := append([]byte(nil), a.Start()...)
	for range 3 {
		mustFeed(t, &b, all)
		all = append([]byte(nil), b.Out()...)
		mustFeed(t, &a, all)
		all = append([]byte(nil), a.Out()...)
	}
	if !a.Done() || !b.Done() {
		t.Fatal("two of us do not get through the greeting")
	}
	if a.Mechanism() != name || b.Mechanism() != name || a.Version() != V3_1 {
		t.Errorf("got %q, %q, version %v", a.Mechanism(), b.Mechanism(), a.Version())
	}
	if tail := a.in[mechanismAt+MechanismSizeMax:]; !bytes.Equal(tail, make([]byte, len(tail))) {
		t.Errorf("as-server and filler are % x", tail)
	}
}

func mustFeed(t *testing.T, g *Greeting, b []byte) {
	t.Helper()
	if n, err := g.Feed(b); err != nil || n != len(b) && !g.Done() {
		t.Fatalf("took %d of %d bytes, %v", n, len(b), err)
	}
}

// TestAppendIdentity: whatever the version, what we have sent since the
// signature reads as one frame with our identity (edge case 9).
func TestAppendIdentity(t *testing.T) {
	cases := []struct {
		name  string
		peer  string
		head  int // bytes of ours before the frame
		frame Version
	}{
		{"unversioned", "0100", 0, V1Unversioned},
		{"revision 0", sigHex + "00 05", 12, V1},
		{"revision 1", sigHex + "01 05", 12, V2},
	}
	for _, c := range cases {
		for _, size := range []int{0, 1, 253, 254, 255} {
			id := bytes.Repeat([]byte{'i'}, size)
			var g Greeting
			g.Init(size, "NULL", typeREQ)
			sent := append([]byte(nil), g.Start()...)
			if _, err := g.Feed(raw(t, c.peer)); err != nil || !g.Done() {
				t.Fatalf("%s: %v, done %v", c.name, err, g.Done())
			}
			sent = append(sent, g.Out()...)
			sent = g.AppendIdentity(sent, id)
			f, n, err := Decode(c.frame, sent[c.head:], -1)
			if err != nil || n != len(sent)-c.head || !bytes.Equal(f.Body, id) {
				t.Errorf("%s, %d bytes: peer reads %d of %d bytes as an identity of %d, %v",
					c.name, size, n, len(sent)-c.head, len(f.Body), err)
			}
		}
	}
}

// TestInitForgets: a Greeting can be used again.
func TestInitForgets(t *testing.T) {
	var g Greeting
	g.Init(3, "NULL", typeREQ)
	mustFeed(t, &g, raw(t, sigHex+"03 00"+plainName+zeros32))
	g.Init(0, "NULL", typeREQ)
	if g.Done() || !bytes.Equal(g.Start(), raw(t, sigHex)) || len(g.Out()) != 0 {
		t.Fatal("something of the last exchange is left")
	}
	mustFeed(t, &g, []byte{5})
	if g.Version() != V1Unversioned || !bytes.Equal(g.Unread(), []byte{5}) {
		t.Errorf("version %v, unread % x", g.Version(), g.Unread())
	}
}

// TestVersionWords: how versions are written and ordered.
func TestVersionWords(t *testing.T) {
	want := []struct {
		v      Version
		text   string
		legacy bool
	}{
		{V1Unversioned, "1.0", true}, {V1, "1.0", true}, {V2, "2.0", false}, {V3_0, "3.0", false}, {V3_1, "3.1", false},
	}
	for i, w := range want {
		if w.v.String() != w.text || w.v.Legacy() != w.legacy {
			t.Errorf("%d: %s, legacy %v", w.v, w.v, w.v.Legacy())
		}
		if i > 0 && want[i-1].v >= w.v {
			t.Errorf("%s does not come after %s", w.text, want[i-1].text)
		}
	}
}
