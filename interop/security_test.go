// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// security is how the two ends of a connection are set up.
type security struct {
	ours   []zmq.Option
	theirs options
}

// mechanisms make the set-up of a connection; weServe says which end is the
// server.
var mechanisms = []struct {
	name  string
	setUp func(weServe bool) security
}{
	{"PLAIN", plain},
	{"CURVE", curve},
}

func plain(weServe bool) security {
	if weServe {
		return security{
			ours: []zmq.Option{
				zmq.WithPlainServer(true), zmq.WithZAPDomain("d"),
				zmq.WithAuthenticator(zmq.AllowPasswords(map[string]string{"joe": "secret"})),
			},
			theirs: options{"PLAIN_USERNAME": []byte("joe"), "PLAIN_PASSWORD": []byte("secret")},
		}
	}
	return security{
		ours:   []zmq.Option{zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret")},
		theirs: options{"PLAIN_SERVER": 1, "ZAP_DOMAIN": []byte("d")},
	}
}

func curve(weServe bool) security {
	serverPublic, serverSecret := zmq.NewCurveKeypair()
	public, secret := zmq.NewCurveKeypair()
	if weServe {
		return security{
			ours: []zmq.Option{zmq.WithCurveServer(true), zmq.WithCurveSecretKey(serverSecret)},
			theirs: options{
				"CURVE_PUBLICKEY": []byte(public), "CURVE_SECRETKEY": []byte(secret), "CURVE_SERVERKEY": []byte(serverPublic),
			},
		}
	}
	return security{
		ours: []zmq.Option{
			zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret), zmq.WithCurveServerKey(serverPublic),
		},
		theirs: options{"CURVE_SERVER": 1, "CURVE_SECRETKEY": []byte(serverSecret)},
	}
}

// zapReply is the answer of a ZAP handler with a status, where "$id" is the number
// of the request.
func zapReply(status string) []string { return []string{"1.0", "$id", status, "so it is", "joe", ""} }

// zap starts a handler in the peer, or changes its answer; none is no answer.
func (p *peer) zap(reply ...string) {
	p.w.Helper()
	var fs []any
	for _, f := range reply {
		fs = append(fs, f)
	}
	if a := p.ask(request{Op: "zap", Frames: fs}); a.Error != "" {
		p.w.Fatal(a.Error)
	}
}

// onEachRole runs a test for both mechanisms, with either end as the server and
// either end bound.
func onEachRole(t *testing.T, f func(t *testing.T, p *peer, d *side, name string, sec security)) {
	for _, m := range mechanisms {
		for _, weServe := range []bool{true, false} {
			for i := range sides[:2] {
				name := m.name + ", they serve, "
				if weServe {
					name = m.name + ", we serve, "
				}
				t.Run(name+sides[i].name, func(t *testing.T) {
					p := newPeer(newWorld(t))
					if m.name == "PLAIN" && !weServe {
						p.zap(zapReply("200")...)
					}
					f(t, p, &sides[i], m.name, m.setUp(weServe))
				})
			}
		}
	}
}

// TestSecuredPairs: with PLAIN and CURVE all pairs of sockets exchange frames of
// all sizes, alone and as parts of a message, in all roles.
func TestSecuredPairs(t *testing.T) {
	onEachRole(t, func(t *testing.T, p *peer, d *side, _ string, sec security) {
		for i := range pairs {
			c := &pairs[i]
			for _, weAreA := range []bool{true, false} {
				our, their := c.b, c.a
				if weAreA {
					our, their = c.a, c.b
				}
				if c.a == c.b && !weAreA {
					continue // done already
				}
				if their == zmq.REQ && sec.theirs["PLAIN_SERVER"] != nil {
					continue // once it has asked a ZAP handler, libzmq's REQ loses the first reply, from libzmq too
				}
				t.Run(our.String()+" to their "+their.String(), func(t *testing.T) { c.run(t, p, d, sec, weAreA) })
			}
		}
	})
}

// TestSecuredSubscriptions: SUBSCRIBE and CANCEL inside of CURVE, and beside PLAIN.
func TestSecuredSubscriptions(t *testing.T) {
	onEachRole(t, func(t *testing.T, p *peer, d *side, _ string, sec security) { subscribeAll(t, p, d, sec) })
}

// TestSecuredHeartbeats: PING and PONG travel inside of CURVE messages, where
// nobody can read them, and are answered; nobody is given up.
func TestSecuredHeartbeats(t *testing.T) {
	const enough = 20
	for _, weServe := range []bool{true, false} {
		for i := range sides[:2] {
			for _, weBeat := range []bool{true, false} {
				d := &sides[i]
				t.Run(d.name+" serving "+strconv.FormatBool(weServe)+" beating "+strconv.FormatBool(weBeat), func(t *testing.T) {
					w := newWorld(t)
					sec := curve(weServe)
					if weBeat {
						sec.ours = append(sec.ours, zmq.WithHeartbeatInterval(beat), zmq.WithHeartbeatTimeout(patience))
					} else {
						sec.theirs["HEARTBEAT_IVL"] = beat.Milliseconds()
						sec.theirs["HEARTBEAT_TIMEOUT"] = patience.Milliseconds()
					}
					our, their := w.open(zmq.PAIR, sec.ours...), newPeer(w).open(zmq.PAIR, sec.theirs)
					events := our.events(zmq.EventDisconnected)
					r := newRelay(w)
					r.join(t, d, our, their)
					talkBothWays(t, our, their, [][]byte{pattern(10)})
					counts := map[heard]int{}
					for counts[heard{true, "MESSAGE"}] < enough || counts[heard{false, "MESSAGE"}] < enough {
						select {
						case h := <-r.seen:
							counts[h]++
						case <-w.ctx.Done():
							t.Fatalf("%v passed", counts)
						}
					}
					talkBothWays(t, our, their, [][]byte{pattern(10), pattern(20000)})
					events.none()
				})
			}
		}
	}
}

// TestSecuredStoppedPeer: a peer that is stopped is given up by heartbeats inside
// of CURVE; when it goes on, it is there again, with new keys.
func TestSecuredStoppedPeer(t *testing.T) {
	for i := range sides[:2] {
		d := &sides[i]
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			p := newPeer(w)
			sec := curve(d.weBind)
			our := w.open(zmq.DEALER, append(sec.ours, zmq.WithReconnectInterval(quick),
				zmq.WithHeartbeatInterval(beat), zmq.WithHeartbeatTimeout(beatTimeout))...)
			their := p.open(zmq.DEALER, sec.theirs)
			events := our.events(zmq.EventDisconnected | zmq.EventHandshakeSucceeded)
			bring(t, d, our, their)
			stop(t, p, our, their, events)
		})
	}
}

const failedHandshake = zmq.EventHandshakeFailedAuth | zmq.EventHandshakeFailedNoDetail | zmq.EventHandshakeFailedProtocol

// shortMillis is the time for a handshake where it has to run out.
const shortMillis = 300

// TestTheirAuthenticator: what a ZAP handler beside libzmq is told about our
// client, and how the client takes each status.
func TestTheirAuthenticator(t *testing.T) {
	for _, m := range mechanisms {
		for i, status := range []string{"200", "300", "400", "500"} {
			t.Run(m.name+" "+status, func(t *testing.T) {
				w := newWorld(t)
				p := newPeer(w)
				p.zap(zapReply(status)...)
				sec := m.setUp(false)
				maps.Copy(sec.theirs, options{"ZAP_DOMAIN": []byte("d"), "HANDSHAKE_IVL": shortMillis, "ROUTING_ID": idB})
				their := p.open(zmq.ROUTER, sec.theirs)
				d := sides[1+2*(i%2)] // over tcp and ipc
				ep := their.bind(d.endpoint(t))
				our := w.open(zmq.DEALER, append(sec.ours, zmq.WithRoutingID(idA))...)
				events := our.events(failedHandshake | zmq.EventHandshakeSucceeded)
				our.connect(ep)
				wantAsked(t, p.with(w).zapSeen(), m.name, ep)
				wantStatus(w, events, status)
			})
		}
	}
}

// wantAsked checks what a ZAP handler is asked of a server that is idB. Over ipc the
// address is of the form ":uid:gid:pid", with "localhost" before it where libzmq has
// asked its C library for the host.
func wantAsked(t *testing.T, asked [][]byte, mechanism, endpoint string) {
	t.Helper()
	if len(asked) < 6 {
		t.Fatalf("the handler is asked %q", asked)
	}
	address := "127.0.0.1"
	if strings.HasPrefix(endpoint, "ipc:") {
		address = fmt.Sprintf(":%d:%d:", os.Getuid(), os.Getgid())
		asked[3] = bytes.TrimPrefix(asked[3], []byte("localhost"))
		asked[3] = asked[3][:bytes.LastIndexByte(asked[3], ':')+1] // without the process
	}
	for i, f := range []string{"1.0", "1", "d", address, string(idB), mechanism} {
		if string(asked[i]) != f {
			t.Errorf("the handler is asked %q, not %q", asked, f)
		}
	}
	rest := asked[6:]
	switch mechanism {
	case "PLAIN":
		if len(rest) != 2 || string(rest[0]) != "joe" || string(rest[1]) != "secret" {
			t.Errorf("the handler is told %q", rest)
		}
	case "CURVE":
		if len(rest) != 1 || len(rest[0]) != 32 {
			t.Errorf("the handler is told %q", rest)
		}
	}
}

// zapSeen returns the next request that the peer's handler has had.
func (p *peer) zapSeen() [][]byte {
	p.w.Helper()
	s := &theirs{p: p}
	return s.frames(request{Op: "zap_seen"})
}

// wantStatus waits for what a client makes of a status.
func wantStatus(w *world, e *events, status string) {
	w.Helper()
	code, _ := strconv.Atoi(status)
	switch status {
	case "200":
		e.wait(zmq.EventHandshakeSucceeded)
	case "300":
		e.wait(zmq.EventHandshakeFailedNoDetail)
	default:
		if ev := e.wait(zmq.EventHandshakeFailedAuth); ev.Value != int64(code) {
			w.Errorf("status %d, want %s", ev.Value, status)
		}
	}
}

// TestOurAuthenticator: what a ZAP handler beside our server is told about a
// libzmq client, how both ends take each status, and what the messages of one
// that came in say.
func TestOurAuthenticator(t *testing.T) {
	for _, m := range mechanisms {
		for i, status := range []string{"200", "300", "400", "500"} {
			t.Run(m.name+" "+status, func(t *testing.T) {
				w := newWorld(t)
				sec := m.setUp(true)
				seen := handle(w, zapReply(status)...)
				our := w.open(zmq.ROUTER, append(sec.ours, zmq.WithAuthenticator(nil), zmq.WithZAPDomain("d"), zmq.WithRoutingID(idB),
					zmq.WithHandshakeInterval(shortMillis*time.Millisecond))...)
				atServer := our.events(zmq.EventHandshakeFailedAuth)
				d := sides[2*(i%2)] // over tcp and ipc
				ep := our.bind(d.endpoint(t))
				sec.theirs["ROUTING_ID"] = idA
				their := newPeer(w).open(zmq.DEALER, sec.theirs)
				monitor := their.monitor()
				their.connect(ep)
				wantAsked(t, <-seen, m.name, ep)
				code, _ := strconv.Atoi(status)
				var want record
				switch status {
				case "200":
					want = record{zmq.EventHandshakeSucceeded, "0", ep}
					their.send([]byte("hello"))
					msg, err := our.Recv(w.ctx)
					if err != nil {
						t.Fatal(err)
					}
					if user, _ := msg.Property("User-Id"); user != "joe" {
						t.Errorf("a message of %q", user)
					}
				case "300":
					want = record{typ: zmq.EventHandshakeFailedNoDetail, endpoint: ep}
				default:
					want = record{zmq.EventHandshakeFailedAuth, status, ep}
				}
				if status != "200" {
					if got := atServer.wait(zmq.EventHandshakeFailedAuth); got.Value != int64(code) {
						t.Errorf("the server says %d, want %d", got.Value, code)
					}
				}
				got := hear(t, monitor, "")
				for got.typ != want.typ {
					got = hear(t, monitor, "")
				}
				if want.value != "" && got.value != want.value || got.endpoint != want.endpoint {
					t.Errorf("libzmq says %v, want %v", got, want)
				}
			})
		}
	}
}

// handle runs a ZAP handler in our context, with the same answer to all, or none.
func handle(w *world, reply ...string) <-chan [][]byte {
	w.Helper()
	h := w.open(zmq.ROUTER)
	h.bind("inproc://zeromq.zap.01")
	ctx, cancel := context.WithCancel(w.ctx)
	seen := make(chan [][]byte, 1000)
	done := make(chan struct{})
	w.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for m, err := range h.Messages(ctx) {
			if err != nil {
				return
			}
			r := slices.Clone(m.Frames())
			select {
			case seen <- r[2:]:
			default: // of a client that tries again and again
			}
			answer := r[:2:2] // who asks, and the delimiter
			for _, f := range reply {
				if f == "$id" {
					answer = append(answer, r[3])
					continue
				}
				answer = append(answer, []byte(f))
			}
			if len(reply) > 0 {
				_ = h.Send(ctx, answer...)
			}
		}
	}()
	return seen
}

// TestWrongServerKey: a client that is given the wrong key of its server finds
// nobody, either way; the server says that a HELLO does not decrypt.
func TestWrongServerKey(t *testing.T) {
	wrong, _ := zmq.NewCurveKeypair()
	t.Run("we serve", func(t *testing.T) {
		w := newWorld(t)
		sec := curve(true)
		sec.theirs["CURVE_SERVERKEY"] = []byte(wrong)
		our := w.open(zmq.ROUTER, sec.ours...)
		events := our.events(failedHandshake)
		ep := our.bind("tcp://127.0.0.1:*")
		newPeer(w).open(zmq.DEALER, sec.theirs).connect(ep)
		const cryptographic = 0x11000001
		if ev := events.wait(zmq.EventHandshakeFailedProtocol); ev.Value != cryptographic {
			t.Errorf("%#x: %v", ev.Value, ev.Err)
		}
	})
	t.Run("they serve", func(t *testing.T) {
		w := newWorld(t)
		sec := curve(false)
		our := w.open(zmq.DEALER, append(sec.ours, zmq.WithCurveServerKey(wrong))...)
		events := our.events(failedHandshake)
		their := newPeer(w).open(zmq.ROUTER, sec.theirs)
		our.connect(their.bind("tcp://127.0.0.1:*"))
		events.wait(zmq.EventHandshakeFailedNoDetail)
	})
}

// TestOtherMechanism: ends that don't speak the same mechanism don't meet, and the
// one that sees it first says why: libzmq may have closed before it has told which
// one is its own.
func TestOtherMechanism(t *testing.T) {
	const mismatch = 0x11000002
	curved, plained := curve(true), plain(true)
	for name, sec := range map[string]security{
		"CURVE and NULL":  {ours: curved.ours},
		"CURVE and PLAIN": {ours: curved.ours, theirs: plained.theirs},
		"PLAIN and NULL":  {ours: plained.ours},
		"NULL and CURVE":  {theirs: curved.theirs},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			our := w.open(zmq.ROUTER, sec.ours...)
			events := our.events(failedHandshake | zmq.EventHandshakeSucceeded)
			ep := our.bind("tcp://127.0.0.1:*")
			their := newPeer(w).open(zmq.DEALER, sec.theirs)
			monitor := their.monitor()
			their.connect(ep)
			ev := <-events.from
			if ev.Remote == "" {
				t.Errorf("an event of nobody: %v", ev.Err)
			}
			switch ev.Type {
			case zmq.EventHandshakeFailedProtocol:
				if ev.Value != mismatch {
					t.Errorf("%#x: %v", ev.Value, ev.Err)
				}
			case zmq.EventHandshakeFailedNoDetail:
				for got := (record{}); got.typ != zmq.EventHandshakeFailedProtocol; {
					if got = hear(t, monitor, ""); got.typ == zmq.EventHandshakeFailedProtocol && got.value != strconv.Itoa(mismatch) {
						t.Errorf("libzmq says %v", got)
					}
				}
			default:
				t.Errorf("%v", ev.Type)
			}
		})
	}
}

// TestNothingReadable: what CURVE carries is not to be seen on its way.
func TestNothingReadable(t *testing.T) {
	w := newWorld(t)
	sec := curve(true)
	our, their := w.open(zmq.PAIR, sec.ours...), newPeer(w).open(zmq.PAIR, sec.theirs)
	r := newRelay(w)
	r.tap = &tap{}
	r.join(t, &sides[0], our, their)
	word := []byte("a word that nobody may read")
	talkBothWays(t, our, their, [][]byte{word, word})
	b := r.tap.bytes()
	if bytes.Contains(b, word) || !bytes.Contains(b, []byte("MESSAGE")) {
		t.Errorf("%q passed", b)
	}
	// The flags of the parts are inside too; of the frames around them there are none.
	for i := bytes.Index(b, []byte("\x07MESSAGE")); i >= 0; i = bytes.Index(b, []byte("\x07MESSAGE")) {
		if b[i-2] != 0 {
			t.Errorf("a message goes out with the flags %#x", b[i-2])
		}
		b = b[i+1:]
	}
}

// TestCertificateFiles: pyzmq reads what we write, and we what it writes.
func TestCertificateFiles(t *testing.T) {
	if out, err := libzmq(); err != nil {
		missing(t, out)
	}
	dir := t.TempDir()
	const program = `
import sys, zmq.auth
public, secret = zmq.auth.load_certificate(sys.argv[1] + "/ours.key_secret")
assert zmq.auth.load_certificate(sys.argv[1] + "/ours.key") == (public, None)
zmq.auth.create_certificates(sys.argv[1], "theirs", metadata={"name": "joe"})
assert zmq.auth.load_certificates(sys.argv[1]).keys() >= {public}
print(public.decode(), secret.decode())
`
	ours := zmq.NewCertificate()
	ours.Metadata = map[string]string{"name": "joe of rome"}
	if err := ours.Save(filepath.Join(dir, "ours.key")); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", program, dir).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != ours.Public+" "+ours.Secret {
		t.Fatalf("%s, %v", out, err)
	}
	theirs, err := zmq.LoadCertificate(filepath.Join(dir, "theirs.key"))
	if err != nil || theirs.Secret == "" || theirs.Metadata["name"] != "joe" {
		t.Errorf("%+v, %v", theirs, err)
	}
	store, err := zmq.OpenCertStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := store.Lookup(theirs.Public); !ok || c.Secret != "" {
		t.Errorf("%+v, %v", c, ok)
	}
}
