// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/engine/zmtp"
	"golang.org/x/crypto/nacl/box"
)

const (
	typeDEALER = 5
	typeROUTER = 6
)

// vectors are what testdata/curve_vectors.py has written.
func vectors(t testing.TB) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile("testdata/curve_vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	v := make(map[string][]byte)
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
			if v[name], err = hex.DecodeString(value); err != nil {
				t.Fatal(err)
			}
		}
	}
	return v
}

// body is the message body of the vectors.
func body(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(9*31 + i*7 + i*i)
	}
	return b
}

// known are both sides of the connection of the vectors, before its beginning.
func known(t testing.TB) (c *CurveClient, s *CurveServer, v map[string][]byte) {
	t.Helper()
	v = vectors(t)
	keys := CurveKeys{
		Public: [32]byte(v["client public"]), Secret: [32]byte(v["client secret"]), Server: [32]byte(v["server public"]),
	}
	c = NewCurveClient(Local{Type: typeDEALER, RoutingID: []byte("me"), SendsID: true}, keys)
	c.random = bytes.NewReader(v["client random"])
	s = NewCurveServer(Local{Type: typeROUTER, SendsID: true}, [32]byte(v["server secret"]), false)
	s.random = bytes.NewReader(v["server random"])
	return c, s, v
}

// pass carries the next command from one side to the other.
func pass(t testing.TB, from, to Mechanism) []byte {
	t.Helper()
	b, ok := from.Next(nil)
	if !ok {
		t.Fatal("nothing to send")
	}
	if _, more := from.Next(nil); more {
		t.Fatal("two commands at a time")
	}
	if err := to.Process(bytes.Clone(b)); err != nil {
		t.Fatal(err)
	}
	return b
}

// connected are two sides that are through their handshake.
func connected(t testing.TB) (c *CurveClient, s *CurveServer, v map[string][]byte) {
	t.Helper()
	c, s, v = known(t)
	pass(t, c, s)
	pass(t, s, c)
	pass(t, c, s)
	pass(t, s, c)
	return c, s, v
}

// TestCurveKnownAnswers: every command is, byte by byte, what libsodium makes of
// the same keys and nonces.
func TestCurveKnownAnswers(t *testing.T) {
	c, s, v := known(t)
	for i, name := range []string{"hello", "welcome", "initiate", "ready"} {
		from, to := Mechanism(c), Mechanism(s)
		if i%2 == 1 {
			from, to = s, c
		}
		if c.Status() == Ready {
			t.Errorf("ready before %s", name)
		}
		if got := pass(t, from, to); !bytes.Equal(got, v[name]) {
			t.Errorf("%s:\n got %x\nwant %x", name, got, v[name])
		}
	}
	if c.Status() != Ready || s.Status() != Ready {
		t.Fatal("not ready")
	}
	if p := s.Peer(); p.SocketType != "DEALER" || string(p.RoutingID) != "me" {
		t.Errorf("the client is %+v", p)
	}
	if p := c.Peer(); p.SocketType != "ROUTER" {
		t.Errorf("the server is %+v", p)
	}
	for _, m := range []struct {
		name  string
		size  int
		flags byte
		from  Codec
		to    Codec
	}{
		{"message of 0", 0, 0, c, s},
		{"message of 1 with more", 1, zmtp.FlagMore, c, s},
		{"message of 31 as command", 31, zmtp.FlagCommand, c, s},
		{"message of 32", 32, 0, c, s},
		{"message of 300", 300, 0, c, s},
		{"answer of 100", 100, 0, s, c},
	} {
		got := m.from.Encode([]byte("kept"), m.flags, body(m.size))
		if string(got[:4]) != "kept" || !bytes.Equal(got[4:], v[m.name]) {
			t.Errorf("%s:\n got %x\nwant %x", m.name, got[4:], v[m.name])
		}
		flags, b, err := m.to.Decode(nil, bytes.Clone(v[m.name]))
		if err != nil || flags != m.flags || !bytes.Equal(b, body(m.size)) {
			t.Errorf("%s becomes %x, flags %x, %v", m.name, b, flags, err)
		}
	}
}

// TestCipherIsBox: the cipher that is taken apart does what nacl/box does, for
// sizes around its blocks, into other memory and in place.
func TestCipherIsBox(t *testing.T) {
	public, _, _ := box.GenerateKey(bytes.NewReader(body(32)))
	secret := [32]byte(body(64)[32:])
	var shared [32]byte
	box.Precompute(&shared, public, &secret)
	var out, in, in2 cipher
	for _, c := range []*cipher{&out, &in, &in2} {
		c.init(&shared, nonceClient)
	}
	for size := range 2500 {
		plain := body(size)
		nonce := shortNonce(nonceClient, uint64(size)+1)
		want := box.SealAfterPrecomputation(nil, append([]byte{curveMore}, plain...), &nonce, &shared)
		got := out.seal(nil, zmtp.FlagMore, plain)
		if !bytes.Equal(got[messageFlagsAt-tagSize:], want) {
			t.Fatalf("%d bytes:\n got %x\nwant %x", size, got, want)
		}
		dst := make([]byte, size)
		if _, b, err := in.open(dst, got); err != nil || !bytes.Equal(b, plain) || size > 0 && &b[0] != &dst[0] {
			t.Fatalf("%d bytes to another place: %x, %v", size, b, err)
		}
		if _, b, err := in2.open(nil, got); err != nil || !bytes.Equal(b, plain) {
			t.Fatalf("%d bytes in place: %x, %v", size, b, err)
		}
	}
}

// TestCurveNoAllocation: neither way takes memory.
func TestCurveNoAllocation(t *testing.T) {
	c, s, _ := connected(t)
	plain := body(64 << 10)
	wire := make([]byte, 0, len(plain)+messageOverhead)
	for _, size := range []int{0, 1, 64, 1024, 64 << 10} {
		n := testing.AllocsPerRun(100, func() {
			m := c.Encode(wire, 0, plain[:size])
			if _, b, err := s.Decode(nil, m); err != nil || len(b) != size {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%v allocations for %d bytes", n, size)
		}
	}
}

// TestCurveFrameOnce: a frame is taken once, in its order, whole and unchanged;
// what was refused does no harm to what comes after it.
func TestCurveFrameOnce(t *testing.T) {
	c, s, _ := connected(t)
	var frames [][]byte
	for i := range 5 {
		frames = append(frames, c.Encode(nil, 0, body(i*20)))
	}
	refused := func(what string, frame []byte, code uint32) {
		t.Helper()
		if _, _, err := s.Decode(nil, frame); err == nil {
			t.Errorf("%s is taken", what)
		} else {
			protocolError(t, err, code)
		}
	}
	taken := func(i int) {
		t.Helper()
		if _, b, err := s.Decode(nil, bytes.Clone(frames[i])); err != nil || !bytes.Equal(b, body(i*20)) {
			t.Errorf("frame %d: %v", i, err)
		}
	}
	taken(0)
	refused("a replayed frame", bytes.Clone(frames[0]), zmtp.ErrorInvalidSequence)
	taken(2)
	refused("an earlier frame", bytes.Clone(frames[1]), zmtp.ErrorInvalidSequence)
	for i := range frames[3] {
		for bit := range 8 {
			changed := bytes.Clone(frames[3])
			changed[i] ^= 1 << bit
			code := uint32(zmtp.ErrorCryptographic)
			if i < len(messageName) {
				code = zmtp.ErrorUnexpectedCommand
			} else if short, _ := parseCurveMessage(changed); short <= s.in.short {
				code = zmtp.ErrorInvalidSequence
			}
			refused(fmt.Sprintf("bit %d of byte %d changed", bit, i), changed, code)
		}
	}
	for n := range frames[3] {
		code := uint32(zmtp.ErrorCryptographic)
		switch {
		case n < len(messageName):
			code = zmtp.ErrorUnexpectedCommand
		case n < messageOverhead:
			code = zmtp.ErrorMalformedCommandMessage
		}
		refused(fmt.Sprintf("the first %d bytes", n), bytes.Clone(frames[3][:n]), code)
	}
	refused("a frame with a byte more", append(bytes.Clone(frames[3]), 0), zmtp.ErrorCryptographic)
	taken(3)
	if _, _, err := c.Decode(nil, bytes.Clone(frames[4])); err == nil {
		t.Error("a frame that comes back is taken")
	}
	taken(4)
}

// TestCurveNonces: each frame and command has a nonce of its own, larger than all
// before it; the counters begin with 1, HELLO, INITIATE and READY take numbers too
// (edge case 74).
func TestCurveNonces(t *testing.T) {
	c, s, v := connected(t)
	const hello, initiate, ready = len("\x05HELLO") + 2 + 72 + 32, len("\x08INITIATE") + 96, len("\x05READY") // before the nonces
	for i, b := range [][]byte{v["hello"][hello:], v["initiate"][initiate:], v["ready"][ready:]} {
		if got, want := binary.BigEndian.Uint64(b), uint64(i%2+1); got != want {
			t.Errorf("command %d has the nonce %d, want %d", i, got, want)
		}
	}
	for i, side := range []Codec{c, s} {
		if short, err := parseCurveMessage(side.Encode(nil, 0, nil)); err != nil || short != uint64(3-i) {
			t.Errorf("the first frame has the nonce %d, %v", short, err)
		}
	}
	for _, side := range []Codec{c, s} {
		last := uint64(0)
		for range 100 {
			short, err := parseCurveMessage(side.Encode(nil, 0, nil))
			if err != nil || short <= last {
				t.Fatalf("nonce %d after %d, %v", short, last, err)
			}
			last = short
		}
	}
}

// TestCurveSizes: each command has its size, or its least one (edge case 72).
func TestCurveSizes(t *testing.T) {
	v := vectors(t)
	for _, x := range []struct {
		name string
		size int
		more bool // it may be longer
		code uint32
	}{
		{"hello", 200, false, zmtp.ErrorMalformedCommandHello},
		{"welcome", 168, false, zmtp.ErrorMalformedCommandWelcome},
		{"initiate", 257, true, zmtp.ErrorMalformedCommandInitiate},
		{"ready", 30, true, zmtp.ErrorMalformedCommandReady},
	} {
		for _, size := range []int{x.size - 1, x.size, x.size + 1} {
			b := append(bytes.Clone(v[x.name]), make([]byte, 300)...)[:size]
			c, s, _ := known(t)
			var to Mechanism = s
			c.Next(nil)
			switch x.name {
			case "initiate":
				_ = s.Process(bytes.Clone(v["hello"]))
				s.Next(nil)
			case "welcome", "ready":
				to = c
			}
			if x.name == "ready" {
				_ = c.Process(bytes.Clone(v["welcome"]))
				c.Next(nil)
			}
			code := x.code
			switch {
			case size == x.size && !x.more:
				if err := to.Process(b); err != nil {
					t.Errorf("%s of %d bytes: %v", x.name, size, err)
				}
				continue
			case size >= x.size && x.more:
				code = zmtp.ErrorCryptographic
			}
			protocolError(t, to.Process(b), code)
		}
	}
	hello := bytes.Clone(v["hello"])
	hello[len("\x05HELLO")] = 2
	_, s, _ := known(t)
	protocolError(t, s.Process(hello), zmtp.ErrorMalformedCommandHello)
}

// TestCurveCommandChanged: a handshake command with any bit changed, cut short or
// made longer ends the handshake; none lets the peer in.
func TestCurveCommandChanged(t *testing.T) {
	const hello, welcome, initiate, ready = 0, 1, 2, 3
	for _, step := range []int{hello, welcome, initiate, ready} {
		// run goes through the handshake and changes one command.
		run := func(change func([]byte) []byte) error {
			c, s, _ := known(t)
			for i := range step {
				if i%2 == 0 {
					pass(t, c, s)
				} else {
					pass(t, s, c)
				}
			}
			from, to := Mechanism(c), Mechanism(s)
			if step%2 == 1 {
				from, to = s, c
			}
			b, _ := from.Next(nil)
			err := to.Process(change(b))
			if err != nil && to.Status() == Ready {
				t.Errorf("ready after %v", err)
			}
			return err
		}
		size := 0
		if err := run(func(b []byte) []byte { size = len(b); return b }); err != nil {
			t.Fatal(err)
		}
		for i := range size {
			if step == hello && i >= len(helloName)+2 && i < len(helloName)+2+helloPaddingSize {
				continue // padding, which nobody looks at
			}
			for _, bit := range []int{i % 8, 7} { // each other bit with the next run's size
				err := run(func(b []byte) []byte { b[i] ^= 1 << bit; return b })
				if err == nil && (step != hello || i != len(helloName)+2+helloPaddingSize+keySize-1 || bit != 7) {
					t.Errorf("command %d with byte %d changed is taken", step, i)
				}
			}
			if err := run(func(b []byte) []byte { return b[:i] }); err == nil {
				t.Errorf("the first %d bytes of command %d are taken", i, step)
			}
		}
		if err := run(func(b []byte) []byte { return append(b, 0) }); err == nil {
			t.Errorf("command %d with a byte more is taken", step)
		}
	}
}

// TestCurveWrongKeys: keys that don't belong together, and what each side says.
func TestCurveWrongKeys(t *testing.T) {
	otherPublic, otherSecret := NewCurveKeys()
	t.Run("server key", func(t *testing.T) {
		c, s, _ := known(t)
		c.keys.Server = otherPublic
		b, _ := c.Next(nil)
		protocolError(t, s.Process(b), zmtp.ErrorCryptographic)
	})
	t.Run("another server", func(t *testing.T) {
		c, _, v := known(t)
		impostor := NewCurveServer(Local{Type: typeROUTER}, otherSecret, false)
		c.Next(nil)
		impostor.shared, impostor.ephemeral = [32]byte{1}, c.public
		impostor.state = serverSendWelcome
		b, _ := impostor.Next(nil)
		protocolError(t, c.Process(b), zmtp.ErrorCryptographic)
		protocolError(t, c.Process(v["ready"]), zmtp.ErrorUnexpectedCommand)
	})
	t.Run("somebody else's public key", func(t *testing.T) {
		c, s, _ := known(t)
		c.keys.Public = otherPublic
		pass(t, c, s)
		pass(t, s, c)
		b, _ := c.Next(nil)
		protocolError(t, s.Process(b), zmtp.ErrorCryptographic)
	})
	t.Run("vouch for another server", func(t *testing.T) {
		c, s, _ := known(t)
		pass(t, c, s)
		pass(t, s, c)
		c.keys.Server = otherPublic
		b, _ := c.Next(nil)
		protocolError(t, s.Process(b), zmtp.ErrorKeyExchange)
	})
	t.Run("points of small order", func(t *testing.T) {
		for _, point := range []byte{0, 1} {
			_, s, v := known(t)
			hello := bytes.Clone(v["hello"])
			at := len(helloName) + 2 + helloPaddingSize
			key := [keySize]byte{point}
			nonce := shortNonce(nonceHello, 1)
			copy(hello[at:], key[:])
			box.SealAfterPrecomputation(hello[:at+keySize+shortNonceSize], make([]byte, helloZerosSize), &nonce, &degenerate)
			protocolError(t, s.Process(hello), zmtp.ErrorCryptographic)
		}
	})
}

// TestCurveCookie: a cookie opens once, for the connection that it was made for;
// until it comes back the server holds nothing but its key.
func TestCurveCookie(t *testing.T) {
	c, s, v := known(t)
	pass(t, c, s)
	pass(t, s, c)
	var none [keySize]byte
	if s.ephemeral != none || s.shared != none || s.client != none || s.out != (cipher{}) || s.in != (cipher{}) {
		t.Error("the server remembers its client between WELCOME and INITIATE")
	}
	other := NewCurveServer(Local{Type: typeROUTER}, [32]byte(v["server secret"]), false)
	if err := other.Process(v["hello"]); err != nil {
		t.Fatal(err)
	}
	other.Next(nil)
	protocolError(t, other.Process(v["initiate"]), zmtp.ErrorCryptographic)
	pass(t, c, s)
	if s.cookieKey != none {
		t.Error("the cookie's key is kept")
	}
	protocolError(t, s.Process(v["initiate"]), zmtp.ErrorUnexpectedCommand)
}

// TestCurveWipe: nothing of the keys is left.
func TestCurveWipe(t *testing.T) {
	c, s, _ := connected(t)
	var none [keySize]byte
	if c.secret != none || c.keys.Secret != none || c.hello != none || s.secret != none || s.shared != none {
		t.Error("keys of the handshake outlive it")
	}
	c.Wipe()
	s.Wipe()
	for _, m := range []*curve{&c.curve, &s.curve} {
		if m.in != (cipher{}) || m.out != (cipher{}) {
			t.Error("a cipher is left")
		}
	}
}

// TestCurveOrder: commands that come when it isn't their turn.
func TestCurveOrder(t *testing.T) {
	v := vectors(t)
	for _, name := range []string{"welcome", "initiate", "ready", "message of 32"} {
		_, s, _ := known(t)
		protocolError(t, s.Process(v[name]), zmtp.ErrorUnexpectedCommand)
	}
	for _, name := range []string{"hello", "initiate", "ready", "message of 32"} {
		c, _, _ := known(t)
		c.Next(nil)
		protocolError(t, c.Process(v[name]), zmtp.ErrorUnexpectedCommand)
	}
	s := NewCurveServer(Local{Type: typeROUTER, SendsID: true}, [32]byte(v["server secret"]), true)
	s.random = bytes.NewReader(v["server random"])
	for _, name := range []string{"hello", "initiate"} {
		if err := s.Process(v[name]); err != nil {
			t.Fatal(err)
		}
		s.Next(nil)
	}
	if s.Status() != Authenticating {
		t.Fatalf("status %d", s.Status())
	}
	protocolError(t, s.Process(v["message of 32"]), zmtp.ErrorUnspecified)
}

// TestCurveAnswer: the statuses of the authenticator.
func TestCurveAnswer(t *testing.T) {
	for _, c := range []struct {
		status int
		sends  string
		want   Status
	}{{200, "\x05READY", Ready}, {300, "", Refused}, {400, "\x05ERROR\x03400", Refused}, {500, "\x05ERROR\x03500", Refused}} {
		v := vectors(t)
		s := NewCurveServer(Local{Type: typeROUTER}, [32]byte(v["server secret"]), true)
		s.random = bytes.NewReader(v["server random"])
		for _, name := range []string{"hello", "initiate"} {
			if err := s.Process(v[name]); err != nil {
				t.Fatal(err)
			}
			s.Next(nil)
		}
		s.Answer(c.status)
		b, ok := s.Next(nil)
		if ok != (c.sends != "") || !bytes.HasPrefix(b, []byte(c.sends)) || s.Status() != c.want {
			t.Errorf("%d: sends %q, status %d", c.status, b, s.Status())
		}
		if client, _, _ := known(t); c.want == Refused && ok {
			client.Next(nil)
			if err := client.Process(b); err == nil || client.Status() != Refused {
				t.Errorf("%d: the client has %v", c.status, err)
			}
		}
	}
}

// fuzzCommand fuzzes the parser of one command: what it returns lies in what it
// was given.
func fuzzCommand(f *testing.F, name string, parse func([]byte) ([][]byte, error)) {
	v := vectors(f)
	for _, seed := range []string{"hello", "welcome", "initiate", "ready", "message of 32"} {
		f.Add(v[seed])
	}
	if _, err := parse(v[name]); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		pieces, err := parse(b)
		total := 0
		for _, p := range pieces {
			total += len(p)
		}
		if err == nil && (total > len(b) || total == 0) {
			t.Errorf("%d bytes make %d", len(b), total)
		}
		if !bytes.Equal(b, before) {
			t.Error("the parser writes")
		}
	})
}

func FuzzCurveHello(f *testing.F) {
	fuzzCommand(f, "hello", func(b []byte) ([][]byte, error) {
		h, err := parseCurveHello(b)
		return [][]byte{h.client, h.short, h.sealed}, err
	})
}

func FuzzCurveWelcome(f *testing.F) {
	fuzzCommand(f, "welcome", func(b []byte) ([][]byte, error) {
		w, err := parseCurveWelcome(b)
		return [][]byte{w.nonce, w.sealed}, err
	})
}

func FuzzCurveInitiate(f *testing.F) {
	fuzzCommand(f, "initiate", func(b []byte) ([][]byte, error) {
		i, err := parseCurveInitiate(b)
		return [][]byte{i.cookieNonce, i.cookie, i.short, i.sealed}, err
	})
}

func FuzzCurveReady(f *testing.F) {
	fuzzCommand(f, "ready", func(b []byte) ([][]byte, error) {
		r, err := parseCurveReady(b)
		return [][]byte{r.short, r.sealed}, err
	})
}

// FuzzCurveMessage: whatever arrives at an established connection is refused, as
// only the peer can make a MESSAGE.
func FuzzCurveMessage(f *testing.F) {
	v := vectors(f)
	f.Add(v["message of 32"])
	f.Add(v["hello"])
	f.Fuzz(func(t *testing.T, b []byte) {
		_, s, v := connected(t)
		for name, m := range v {
			if strings.HasPrefix(name, "message") && bytes.Equal(m, b) {
				return
			}
		}
		if _, _, err := s.Decode(nil, b); err == nil {
			t.Errorf("%x is taken", b)
		}
	})
}

func BenchmarkCurve(b *testing.B) {
	for _, size := range []int{64, 256, 1024, 8 << 10, 64 << 10} {
		plain := body(size)
		c, s, _ := connected(b)
		wire := make([]byte, 0, size+messageOverhead)
		b.Run(fmt.Sprintf("seal/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				c.Encode(wire, 0, plain)
			}
		})
		dst := make([]byte, size)
		b.Run(fmt.Sprintf("open/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			m := c.Encode(wire, 0, plain)
			for b.Loop() {
				s.in.short = 0
				if _, _, err := s.Decode(dst, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
