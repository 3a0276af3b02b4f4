// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/z85"
)

// victim is a server under attack, with a client that was there before.
type victim struct {
	*world
	pair   secured
	router *zmq.Socket
	before *zmq.Socket
	ep     string
}

func newVictim(t *testing.T, p secured, opts ...zmq.Option) *victim {
	t.Helper()
	v := &victim{world: newWorld(t), pair: p}
	zapHandler(v.world, zmq.ROUTER, always(zapReply("200")...))
	v.router, v.ep = v.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, opts...)...)
	v.before = v.connected(zmq.DEALER, v.ep, p.client...)
	askAndAnswer(v.world, v.router, v.before)
	return v
}

// stands shows that who was there before is still served, and who comes now is
// too.
func (v *victim) stands() {
	v.Helper()
	askAndAnswer(v.world, v.router, v.before)
	during := v.connected(zmq.DEALER, v.ep, v.pair.client...)
	askAndAnswer(v.world, v.router, during)
	if err := during.Close(); err != nil {
		v.Error(err)
	}
}

// dial makes a raw connection to the server.
func (v *victim) dial() net.Conn {
	v.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(v.ep, "tcp://"))
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(func() { _ = c.Close() })
	return c
}

// TestHalfOpenFlood: connections that say nothing keep nobody out, and there are
// never more of them than allowed.
func TestHalfOpenFlood(t *testing.T) {
	for _, p := range securedPairs() {
		for _, silent := range []string{"", greeting(p.mechanism)[:11], greeting(p.mechanism)} {
			t.Run(fmt.Sprintf("%s after %d bytes", p.name, len(silent)), func(t *testing.T) {
				const floodCount, max = 500, 100
				v := newVictim(t, p, zmq.WithMaxHandshakes(max), zmq.WithHandshakeInterval(3*time.Second))
				events := v.router.Events(v.ctx, failedHandshake)
				for i := range floodCount {
					if _, err := io.WriteString(v.dial(), silent); err != nil {
						t.Log(err) // it is thrown out already
					}
					if i%100 == 0 {
						v.stands()
					}
				}
				v.stands()
				out := 0
				for e := range events {
					if e.Type != zmq.EventHandshakeFailedNoDetail {
						t.Fatalf("%v: %v", e.Type, e.Err)
					}
					if out++; out == floodCount-max {
						return
					}
				}
			})
		}
	}
}

// TestManyHalfOpen: ten thousand connections that stop after nothing, after the
// greeting or after HELLO; no more of them are held than allowed.
func TestManyHalfOpen(t *testing.T) {
	const floodCount, max = 10_000, 1000
	// A kernel with a full backlog makes clients try again after a second.
	v := newVictim(t, curvePair(), zmq.WithMaxHandshakes(max), zmq.WithBacklog(2000), zmq.WithHandshakeInterval(3*time.Second))
	c := v.pair.rawClient(t, rawDealer)
	hello, _ := c.Next(nil)
	said := []string{"", greeting("CURVE"), greeting("CURVE") + "\x04" + string([]byte{byte(len(hello))}) + string(hello)}
	needsDescriptors(t, floodCount+max+500)
	events := v.router.Events(v.ctx, failedHandshake)
	out := make(chan int, 1)
	go func() {
		n := 0
		for e := range events {
			if e.Type == zmq.EventHandshakeFailedNoDetail {
				n++
			}
			if n == floodCount-max {
				break
			}
		}
		out <- n
	}()
	for i := range floodCount {
		_, _ = io.WriteString(v.dial(), said[i%len(said)]) // who is thrown out already need not hear it
		if i%1000 == 500 {
			v.stands()
		}
	}
	v.stands()
	if n := <-out; n != floodCount-max {
		t.Errorf("%d were thrown out", n)
	}
	v.stands()
}

// needsDescriptors raises the limit of open files, if that is needed.
func needsDescriptors(t *testing.T, count uint64) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if uint64(old.Cur) >= count {
		return
	}
	raised := old
	raised.Cur = max(raised.Cur, raised.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil || uint64(raised.Cur) < count {
		t.Fatalf("%d open files are allowed, %d are needed: %v", raised.Cur, count, err)
	}
	t.Cleanup(func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) })
}

// TestStopAfterEachByte: clients that stop after each byte of the handshake, and
// stay or go. None comes in; all are ended.
func TestStopAfterEachByte(t *testing.T) {
	for _, p := range securedPairs() {
		for _, goes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s goes %v", p.name, goes), func(t *testing.T) {
				v := newVictim(t, p, zmq.WithHandshakeInterval(time.Second))
				events := v.router.Events(v.ctx, zmq.EventHandshakeSucceeded)
				whole := newRawPeer(t, v.ep, p.rawClient(t, rawDealer))
				whole.mustShake(p.mechanism)
				first(v.world, events)
				size := unlimited - whole.budget
				events = v.router.Events(v.ctx, zmq.EventHandshakeSucceeded|zmq.EventDisconnected)
				var peers []*rawPeer
				for n := range size {
					peer := newRawPeer(t, v.ep, p.rawClient(t, rawDealer))
					peer.budget = n
					if done, err := peer.shake(p.mechanism); done || err != nil {
						t.Fatalf("after %d bytes: %v, %v", n, done, err)
					}
					if goes {
						_ = peer.Close()
					} else {
						peers = append(peers, peer)
					}
				}
				for _, peer := range peers {
					peer.ended()
				}
				ends := 0
				for e := range events {
					if e.Type == zmq.EventHandshakeSucceeded {
						t.Fatal("one came in")
					}
					if ends++; ends == size {
						break
					}
				}
				v.stands()
			})
		}
	}
}

// TestWrongKeys: clients whose keys are wrong in each possible way, again and
// again, while others come and go.
func TestWrongKeys(t *testing.T) {
	p := curvePair()
	otherPublic, otherSecret := zmq.NewCurveKeypair()
	public, secret, server := p.keys[0], p.keys[1], p.keys[2]
	for _, c := range []struct {
		name string
		keys mechanism.CurveKeys
		typ  zmq.EventType
		code int64
	}{
		{"server key", curveKeys(t, public, secret, otherPublic), failedProtocol, zmtp.ErrorCryptographic},
		{"public key of another", curveKeys(t, public, otherSecret, server), failedProtocol, zmtp.ErrorCryptographic},
		{"no public key", curveKeys(t, strings.Repeat("0", 40), secret, server), failedProtocol, zmtp.ErrorCryptographic},
		{"unknown key", curveKeys(t, otherPublic, otherSecret, server), zmq.EventHandshakeFailedAuth, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newVictim(t, p, zmq.WithAuthenticator(zmq.AllowCurveKeys(public)))
			for range 20 {
				events := v.router.Events(v.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
				peer := newRawPeer(t, v.ep, mechanism.NewCurveClient(local(rawDealer), c.keys))
				if done, err := peer.shake("CURVE"); done || err == nil {
					t.Fatal("it came in")
				}
				if e := first(v.world, events); e.Type != c.typ || e.Value != c.code || e.Remote != "tcp://"+peer.LocalAddr().String() {
					t.Fatalf("%v %#x of %s: %v", e.Type, e.Value, e.Remote, e.Err)
				}
			}
			v.stands()
		})
	}
}

// wire is a relay that keeps what a client has sent.
func wire(v *victim) (ep string, sent func() []byte) {
	v.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		v.Fatal(err)
	}
	var mu sync.Mutex
	var all []byte
	var wg sync.WaitGroup
	v.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", strings.TrimPrefix(v.ep, "tcp://"))
		if err != nil {
			_ = in.Close()
			return
		}
		wg.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
		var b [4096]byte
		for {
			n, err := in.Read(b[:])
			mu.Lock()
			all = append(all, b[:n]...)
			mu.Unlock()
			if err != nil {
				_ = out.Close()
				return
			}
			_, _ = out.Write(b[:n])
		}
	})
	return "tcp://" + l.Addr().String(), func() []byte {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// TestReplayedConnection: all that a client has sent, sent again on connections
// of its own: the cookie opens for nobody else, and nothing is delivered.
func TestReplayedConnection(t *testing.T) {
	v := newVictim(t, curvePair())
	ep, sent := wire(v)
	client := v.connected(zmq.DEALER, ep, v.pair.client...)
	askAndAnswer(v.world, v.router, client)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	recorded := sent()
	if n := len(splitFrames(t, recorded[64:])); n != 3 {
		t.Fatalf("%d frames were recorded, want HELLO, INITIATE and MESSAGE", n)
	}
	for range 20 {
		events := v.router.Events(v.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
		peer := newRawPeer(t, v.ep, nil)
		peer.write(recorded)
		if e := first(v.world, events); e.Type != failedProtocol || e.Value != zmtp.ErrorCryptographic {
			t.Fatalf("%v %#x: %v", e.Type, e.Value, e.Err)
		}
		peer.ended()
	}
	if m, err := v.router.TryRecv(); !errors.Is(err, zmq.ErrAgain) {
		t.Errorf("received %q, %v", m.Frames(), err)
	}
	v.stands()
}

// TestChangedFrames: frames of an established connection that are sent twice, in
// another order, cut, or with a bit changed, end that connection and no other, and
// are told as what they are.
func TestChangedFrames(t *testing.T) {
	const header = 2 // bytes
	cut := func(f []byte, n int) []byte { return append([]byte{f[0], f[1] - byte(n)}, f[header:len(f)-n]...) }
	flip := func(f []byte, at int) []byte { f = slices.Clone(f); f[at] ^= 0x10; return f }
	const nonceAt, tagAt, bodyAt = header + 8, header + 16, header + 32
	for _, c := range []struct {
		name   string
		change func(a, b []byte) [][]byte // what is sent of two good frames
		good   int                        // how many messages come out
		code   int64
	}{
		{"replayed", func(a, _ []byte) [][]byte { return [][]byte{a, a} }, 1, zmtp.ErrorInvalidSequence},
		{"reordered", func(a, b []byte) [][]byte { return [][]byte{b, a} }, 1, zmtp.ErrorInvalidSequence},
		{"replayed later", func(a, b []byte) [][]byte { return [][]byte{a, b, a} }, 2, zmtp.ErrorInvalidSequence},
		{"cut by a byte", func(a, b []byte) [][]byte { return [][]byte{a, cut(b, 1)} }, 1, zmtp.ErrorCryptographic},
		{"cut to its head", func(a, b []byte) [][]byte { return [][]byte{a, cut(b, len(b)-bodyAt)} }, 1, zmtp.ErrorMalformedCommandMessage},
		{"empty", func(a, _ []byte) [][]byte { return [][]byte{a, {0, 0}} }, 1, zmtp.ErrorUnexpectedCommand},
		{"bit of the flags", func(a, _ []byte) [][]byte { return [][]byte{append([]byte{1}, a[1:]...)} }, 0, zmtp.ErrorUnspecified},
		{"bit of the name", func(a, _ []byte) [][]byte { return [][]byte{flip(a, header+1)} }, 0, zmtp.ErrorUnexpectedCommand},
		{"bit of the nonce", func(a, _ []byte) [][]byte { return [][]byte{flip(a, nonceAt)} }, 0, zmtp.ErrorCryptographic},
		{"bit of the tag", func(a, _ []byte) [][]byte { return [][]byte{flip(a, tagAt)} }, 0, zmtp.ErrorCryptographic},
		{"bit of the inner flags", func(a, _ []byte) [][]byte { return [][]byte{flip(a, bodyAt)} }, 0, zmtp.ErrorCryptographic},
		{"bit of the body", func(a, _ []byte) [][]byte { return [][]byte{flip(a, len(a)-1)} }, 0, zmtp.ErrorCryptographic},
		{"unencrypted", func(_, _ []byte) [][]byte { return [][]byte{[]byte("\x00\x05hello")} }, 0, zmtp.ErrorUnexpectedCommand},
		{"unencrypted PING", func(_, _ []byte) [][]byte { return [][]byte{[]byte(command("PING", "\x00\x00"))} }, 0, zmtp.ErrorUnspecified},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newVictim(t, curvePair())
			events := v.router.Events(v.ctx, failedHandshake)
			peer := newRawPeer(t, v.ep, v.pair.rawClient(t, rawDealer))
			peer.mustShake("CURVE")
			for _, f := range c.change(peer.sealed(0, "one"), peer.sealed(0, "two")) {
				peer.write(f)
			}
			if e := first(v.world, events); e.Type != failedProtocol || e.Value != c.code || e.Remote != "tcp://"+peer.LocalAddr().String() {
				t.Errorf("%v %#x of %s: %v", e.Type, e.Value, e.Remote, e.Err)
			}
			peer.ended()
			for range c.good {
				if m := v.recv(v.router); m[1] != "one" && m[1] != "two" {
					t.Errorf("received %q", m)
				}
			}
			if m, err := v.router.TryRecv(); !errors.Is(err, zmq.ErrAgain) {
				t.Errorf("received %q, %v", m.Frames(), err)
			}
			v.stands()
		})
	}
}

// TestDowngrade: who speaks another mechanism, or a version of ZMTP that has none,
// does not come in; nor does a client go along with a server that does (edge case 8).
func TestDowngrade(t *testing.T) {
	speeches := map[string]string{
		"NULL":     greeting("NULL") + readyAs("DEALER") + "\x00\x05hello",
		"PLAIN":    greeting("PLAIN") + command("HELLO", "\x03joe\x06secret"),
		"ZMTP 2.0": goodSignature + "\x01\x05\x00\x00\x00\x05hello",
		"ZMTP 1.0": "\x01\x00\x06\x00hello",
	}
	for name, speech := range speeches {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, curvePair())
			events := v.router.Events(v.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
			peer := newRawPeer(t, v.ep, nil)
			peer.write([]byte(speech))
			if e := first(v.world, events); e.Type != failedProtocol || e.Value != zmtp.ErrorMechanismMismatch {
				t.Errorf("%v %#x: %v", e.Type, e.Value, e.Err)
			}
			peer.ended()
			if m, err := v.router.TryRecv(); !errors.Is(err, zmq.ErrAgain) {
				t.Errorf("received %q, %v", m.Frames(), err)
			}
			v.stands()
		})
		t.Run(name+" of a server", func(t *testing.T) {
			w := newWorld(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			p := curvePair()
			client := w.socket(zmq.DEALER, p.client...)
			events := client.Events(w.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
			if err := client.Connect("tcp://" + l.Addr().String()); err != nil {
				t.Fatal(err)
			}
			w.send(client, "a secret")
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			peer := rawPeerOn(t, c, nil)
			peer.write([]byte(speech))
			if e := first(w, events); e.Type != failedProtocol || e.Value != zmtp.ErrorMechanismMismatch {
				t.Errorf("%v %#x: %v", e.Type, e.Value, e.Err)
			}
			if got, _ := io.ReadAll(c); bytes.Contains(got, []byte("secret")) {
				t.Errorf("the server was told %q", got)
			}
		})
	}
}

// TestHugeLengths: announced lengths, during the handshake and after it, cost
// nothing before the bytes come, and nothing at all where they are not allowed.
func TestHugeLengths(t *testing.T) {
	early := func(input string) func(*testing.T, *victim) *rawPeer {
		return func(t *testing.T, v *victim) *rawPeer {
			peer := newRawPeer(t, v.ep, nil)
			peer.write([]byte(greeting("CURVE") + input))
			return peer
		}
	}
	late := func(input string) func(*testing.T, *victim) *rawPeer {
		return func(t *testing.T, v *victim) *rawPeer {
			peer := newRawPeer(t, v.ep, v.pair.rawClient(t, rawDealer))
			peer.mustShake("CURVE")
			peer.write([]byte(input))
			return peer
		}
	}
	const allowed = 1 << 20
	for _, c := range []struct {
		name string
		come func(*testing.T, *victim) *rawPeer
		ends bool
	}{
		{"HELLO of 2^63 bytes", early(large(4, 1<<63)), true},
		{"HELLO of 2^40 bytes", early(large(4, 1<<40)), true},
		{"HELLO of 64 KiB and a byte", early(large(4, 64<<10+1)), true},
		{"frame of 2^64-1 bytes", late(large(0, 1<<64-1)), true},
		{"frame of 2^40 bytes", late(large(0, 1<<40)), true},
		{"frame just too large", late(large(0, allowed+1)), true},
		{"frame that is allowed and never comes", late(large(0, allowed)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			const times = 50
			v := newVictim(t, curvePair(), zmq.WithMaxMsgSize(allowed))
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for range times {
				if peer := c.come(t, v); c.ends {
					peer.ended()
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > times*allowed/2 {
				t.Errorf("%d connections hold %d bytes", times, grown)
			}
			v.stands()
		})
	}
}

// TestBadZAPHandler: a handler that gives one peer no answer, or a wrong one, and
// the right one to others. Who is in stays in, who comes is served.
func TestBadZAPHandler(t *testing.T) {
	malloryPublic, mallorySecret := zmq.NewCurveKeypair()
	key, _ := z85.Decode(malloryPublic)
	for name, lie := range map[string][]string{
		"stalls":              nil,
		"says too little":     {"1.0", "1", "200"},
		"says another status": {"1.0", "1", "204", "", "", ""},
		"answers another":     {"1.0", "2", "200", "", "", ""},
		"sends bad metadata":  {"1.0", "1", "200", "", "", "\x05X-"},
	} {
		t.Run(name, func(t *testing.T) {
			p := curvePair()
			v := &victim{world: newWorld(t), pair: p}
			zapHandler(v.world, zmq.ROUTER, func(request []string) []string {
				if request[len(request)-1] == string(key) {
					return lie
				}
				return zapReply("200")
			})
			v.router, v.ep = v.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithHandshakeInterval(time.Second))...)
			v.before = v.connected(zmq.DEALER, v.ep, p.client...)
			askAndAnswer(v.world, v.router, v.before)
			events := v.router.Events(v.ctx, failedHandshake)
			var peers []*rawPeer
			for range 20 {
				peer := newRawPeer(t, v.ep, mechanism.NewCurveClient(local(rawDealer), curveKeys(t, malloryPublic, mallorySecret, p.keys[2])))
				peers = append(peers, peer)
				go func() { _, _ = peer.shake("CURVE") }()
			}
			v.stands()
			want := failedProtocol
			if lie == nil {
				want = zmq.EventHandshakeFailedNoDetail
			}
			ends := 0
			for e := range events {
				if e.Type != want {
					t.Errorf("%v %#x: %v", e.Type, e.Value, e.Err)
				}
				if ends++; ends == len(peers) {
					break
				}
			}
			v.stands()
		})
	}
}

// TestZAPHandlerDies: who is in stays in while there is no handler, and who comes
// then comes in with the next one.
func TestZAPHandlerDies(t *testing.T) {
	p := curvePair()
	v := &victim{world: newWorld(t), pair: p}
	handler, _ := v.bound(zmq.ROUTER, zapEndpoint)
	v.router, v.ep = v.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithZAPDomain("d"), zmq.WithZAPEnforceDomain(true))...)
	v.before = v.connected(zmq.DEALER, v.ep, p.client...)
	m := v.recv(handler)
	v.send(handler, append([]string{m[0], ""}, zapReply("200")...)...)
	askAndAnswer(v.world, v.router, v.before)

	events := v.router.Events(v.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
	during := v.connected(zmq.DEALER, v.ep, append(p.client, zmq.WithReconnectInterval(10*time.Millisecond))...)
	v.recv(handler)
	if err := handler.Close(); err != nil {
		t.Fatal(err)
	}
	if e := first(v.world, events); e.Type != zmq.EventHandshakeFailedNoDetail {
		t.Errorf("%v: %v", e.Type, e.Err)
	}
	askAndAnswer(v.world, v.router, v.before)
	zapHandler(v.world, zmq.ROUTER, always(zapReply("200")...))
	askAndAnswer(v.world, v.router, during)
	askAndAnswer(v.world, v.router, v.before)
}

// TestZAPHandlerAnswersTwice: the first answer counts.
func TestZAPHandlerAnswersTwice(t *testing.T) {
	p := curvePair()
	v := &victim{world: newWorld(t), pair: p}
	handler, _ := v.bound(zmq.ROUTER, zapEndpoint)
	v.router, v.ep = v.bound(zmq.ROUTER, "tcp://127.0.0.1:*", p.server...)
	events := v.router.Events(v.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
	v.connected(zmq.DEALER, v.ep, p.client...)
	m := v.recv(handler)
	for _, status := range []string{"400", "200"} {
		_ = handler.Send(v.ctx, append([][]byte{[]byte(m[0]), nil}, frames(zapReply(status)...)...)...)
	}
	if e := first(v.world, events); e.Type != zmq.EventHandshakeFailedAuth || e.Value != 400 {
		t.Errorf("%v %d: %v", e.Type, e.Value, e.Err)
	}
}

func frames(texts ...string) (fs [][]byte) {
	for _, s := range texts {
		fs = append(fs, []byte(s))
	}
	return fs
}

// TestNoDescriptorLeft: where no descriptor is left, accepting pauses, says so, and
// goes on when there is one again; who is in is served all the while.
func TestNoDescriptorLeft(t *testing.T) {
	v := newVictim(t, curvePair())
	events := v.router.Events(v.ctx, zmq.EventAcceptFailed|zmq.EventAccepted)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	c, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(c) }()
	var holes []int // all descriptors below the limit are in use
	defer func() {
		for _, fd := range holes {
			_ = syscall.Close(fd)
		}
	}()
	tight := old
	tight.Cur = 0
	tight.Cur += 200
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &tight); err != nil {
		t.Fatal(err)
	}
	restore := sync.OnceFunc(func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) })
	defer restore()
	for {
		fd, err := syscall.Dup(c)
		if err != nil {
			break
		}
		holes = append(holes, fd)
	}
	var port int
	if _, err := fmt.Sscanf(v.ep, "tcp://127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Connect(c, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	failed, began := 0, time.Now()
	const pauses = 3
	for e := range events {
		if e.Type == zmq.EventAccepted {
			if failed < pauses {
				t.Errorf("accepted after %d failures", failed)
			}
			break
		}
		if !errors.Is(e.Err, syscall.EMFILE) || e.Value != int64(syscall.EMFILE) {
			t.Fatalf("%v %d: %v", e.Type, e.Value, e.Err)
		}
		askAndAnswer(v.world, v.router, v.before)
		if failed++; failed == pauses {
			if spent := time.Since(began); spent < (pauses-1)*50*time.Millisecond {
				t.Errorf("%d failures within %v: that is no pause", pauses, spent)
			}
			restore()
		}
	}
	v.stands()
}

// TestOldSubscriber: a peer of ZMTP 3.0 subscribes by messages inside of CURVE, and
// is sent such ones.
func TestOldSubscriber(t *testing.T) {
	t.Run("its subscriptions", func(t *testing.T) {
		w := newWorld(t)
		p := curvePair()
		pub, ep := w.bound(zmq.XPUB, "tcp://127.0.0.1:*", p.server...)
		peer := newRawPeer(t, ep, p.rawClient(t, rawSub))
		peer.minor = 0
		peer.mustShake("CURVE")
		peer.write(peer.sealed(0, "\x01top"))
		w.want(pub, "\x01top")
		w.send(pub, "other")
		w.send(pub, "topic", "body")
		if flags, body := peer.opened(); flags != zmtp.FlagMore || body != "topic" {
			t.Errorf("received %q with flags %x", body, flags)
		}
		if flags, body := peer.opened(); flags != 0 || body != "body" {
			t.Errorf("received %q with flags %x", body, flags)
		}
		peer.write(peer.sealed(0, "\x00top"))
		w.want(pub, "\x00top")
	})
	for minor, want := range []string{"\x01top", "\x09SUBSCRIBEtop"} {
		t.Run(fmt.Sprintf("ours to a peer of 3.%d", minor), func(t *testing.T) {
			w := newWorld(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			p := curvePair()
			w.connected(zmq.SUB, "tcp://"+l.Addr().String(), append(p.client, zmq.WithSubscribe("top"))...)
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			secret, _ := z85.Decode(p.serverSecret)
			peer := rawPeerOn(t, c, mechanism.NewCurveServer(local(rawXPub), [32]byte(secret), false))
			peer.minor = byte(minor)
			peer.mustShake("CURVE")
			flags, body := peer.opened()
			if body != want || (flags == zmtp.FlagCommand) != (minor == 1) {
				t.Errorf("received %q with flags %x", body, flags)
			}
		})
	}
}

// TestBadCommandsInside: commands inside of CURVE are looked at as closely as those
// outside: a PING without its TTL ends the connection, one that is whole is
// answered, inside as well, and what has no whole name is passed over.
func TestBadCommandsInside(t *testing.T) {
	v := newVictim(t, curvePair())
	peer := newRawPeer(t, v.ep, v.pair.rawClient(t, rawDealer))
	peer.mustShake("CURVE")
	for _, nothing := range []string{"", "\xff", "\x05PING", "\x00", "\x04WHAT"} {
		peer.write(peer.sealed(zmtp.FlagCommand, nothing))
	}
	peer.write(peer.sealed(zmtp.FlagCommand, "\x04PING\x00\x00context"))
	if flags, body := peer.opened(); flags != zmtp.FlagCommand || body != "\x04PONGcontext" {
		t.Errorf("answered %q with flags %x", body, flags)
	}
	peer.write(peer.sealed(zmtp.FlagCommand, "\x04PING\x00"))
	peer.ended()
	v.stands()
}
