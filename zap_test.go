// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/z85"
)

const zapEndpoint = "inproc://zeromq.zap.01"

// zapHandler answers every request as reply says, which is given the frames
// behind the delimiter; nil is no answer. seen gets every request.
func zapHandler(w *world, typ zmq.SocketType, reply func(request []string) []string) (seen <-chan []string) {
	w.Helper()
	s, _ := w.bound(typ, zapEndpoint)
	requests := make(chan []string, 1000)
	done := make(chan struct{})
	w.Cleanup(func() { _ = s.Close(); <-done })
	go func() {
		defer close(done)
		for m, err := range s.Messages(w.ctx) {
			if err != nil {
				return
			}
			var frames []string
			for _, f := range m.Frames() {
				frames = append(frames, string(f))
			}
			var out [][]byte
			if typ == zmq.ROUTER {
				out = append(out, m.Frame(0), nil)
				frames = frames[2:]
			}
			requests <- frames
			answer := reply(frames)
			for _, f := range answer {
				out = append(out, []byte(f))
			}
			if answer != nil {
				_ = s.Send(w.ctx, out...)
			}
		}
	}()
	return requests
}

// zapReply is a good reply with a status.
func zapReply(status string) []string {
	return []string{"1.0", "1", status, "because", "joe", property("X-Team", "blue")}
}

func always(frames ...string) func([]string) []string {
	return func([]string) []string { return frames }
}

const failedHandshake = zmq.EventHandshakeFailedAuth | zmq.EventHandshakeFailedNoDetail | zmq.EventHandshakeFailedProtocol

// first returns the first event, with the peer's address.
func first(w *world, events iter.Seq[zmq.Event]) zmq.Event {
	w.Helper()
	for e := range events {
		if !strings.HasPrefix(e.Remote, "tcp://127.0.0.1:") {
			w.Errorf("%v of %q", e.Type, e.Remote)
		}
		return e
	}
	w.Fatal("no event")
	return zmq.Event{}
}

// secured is how the two sides of a mechanism are set up.
type secured struct {
	name           string
	server, client []zmq.Option
	mechanism      string
	credentials    []string // what a handler sees
	keys           []string // CURVE: the client's public and secret, the server's public
	serverSecret   string
}

func plainPair() secured {
	return secured{
		name: "PLAIN", mechanism: "PLAIN", credentials: []string{"joe", "secret"},
		server: []zmq.Option{zmq.WithPlainServer(true)},
		client: []zmq.Option{zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret")},
	}
}

func nullPair() secured {
	return secured{name: "NULL", mechanism: "NULL", server: []zmq.Option{zmq.WithZAPDomain("test")}}
}

// askAndAnswer shows that two sockets talk: a question and its answer.
func askAndAnswer(w *world, router, dealer *zmq.Socket) zmq.Msg {
	w.Helper()
	w.send(dealer, "question")
	m, err := router.Recv(w.ctx)
	if err != nil {
		w.Fatal(err)
	}
	if err := router.Send(w.ctx, m.Frame(0), []byte("answer")); err != nil {
		w.Fatal(err)
	}
	w.want(dealer, "answer")
	return m
}

// TestZAPAccepts: what a handler is told, and what the messages then say (edge cases
// 57 and 58).
func TestZAPAccepts(t *testing.T) {
	for _, p := range securedPairs() {
		for _, typ := range []zmq.SocketType{zmq.REP, zmq.ROUTER} {
			t.Run(p.name+" "+typ.String(), func(t *testing.T) {
				w := newWorld(t)
				seen := zapHandler(w, typ, always(zapReply("200")...))
				opts := append(p.server, zmq.WithZAPDomain("test"), zmq.WithRoutingID([]byte("server")))
				router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", opts...)
				dealer := w.connected(zmq.DEALER, ep, p.client...)
				m := askAndAnswer(w, router, dealer)
				for name, value := range map[string]string{"User-Id": "joe", "X-Team": "blue", "Socket-Type": "DEALER"} {
					if got, _ := m.Property(name); got != value {
						t.Errorf("%s is %q, want %q", name, got, value)
					}
				}
				want := append([]string{"1.0", "1", "test", "127.0.0.1", "server", p.mechanism}, p.credentials...)
				if got := <-seen; strings.Join(got, "|") != strings.Join(want, "|") {
					t.Errorf("the handler was asked %q, want %q", got, want)
				}
			})
		}
	}
}

// TestZAPRefuses: each status, as both sides see it (edge cases 61 to 63).
func TestZAPRefuses(t *testing.T) {
	for _, p := range securedPairs() {
		for _, status := range []string{"300", "400", "500"} {
			t.Run(p.name+" "+status, func(t *testing.T) {
				w := newWorld(t)
				zapHandler(w, zmq.REP, always(zapReply(status)...))
				server := append(p.server, zmq.WithZAPDomain("test"), zmq.WithHandshakeInterval(handshakeMax))
				router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", server...)
				atServer := router.Events(w.ctx, failedHandshake)
				dealer := w.socket(zmq.DEALER, p.client...)
				atClient := dealer.Events(w.ctx, failedHandshake)
				if err := dealer.Connect(ep); err != nil {
					t.Fatal(err)
				}
				code := 100 * int64(status[0]-'0')
				if e := first(w, atServer); e.Type != zmq.EventHandshakeFailedAuth || e.Value != code || e.Err == nil {
					t.Errorf("the server says %v %d: %v", e.Type, e.Value, e.Err)
				}
				e := first(w, atClient)
				if status == "300" {
					if e.Type != zmq.EventHandshakeFailedNoDetail {
						t.Errorf("the client says %v %d", e.Type, e.Value)
					}
				} else if e.Type != zmq.EventHandshakeFailedAuth || e.Value != code {
					t.Errorf("the client says %v %d", e.Type, e.Value)
				}
			})
		}
	}
}

// TestZAPMalformed: replies that are none (edge case 59).
func TestZAPMalformed(t *testing.T) {
	good := zapReply("200")
	with := func(i int, s string) []string {
		r := append([]string(nil), good...)
		r[i] = s
		return r
	}
	for _, c := range []struct {
		name  string
		reply []string
		code  int64
	}{
		{"too few frames", good[:5], zmtp.ErrorZAPMalformedReply},
		{"too many frames", append(with(0, "1.0"), "more"), zmtp.ErrorZAPMalformedReply},
		{"very many frames", make([]string, 300), zmtp.ErrorZAPMalformedReply},
		{"version", with(0, "1.1"), zmtp.ErrorZAPBadVersion},
		{"request id", with(1, "2"), zmtp.ErrorZAPBadRequestID},
		{"status 201", with(2, "201"), zmtp.ErrorZAPInvalidStatusCode},
		{"status of two digits", with(2, "20"), zmtp.ErrorZAPInvalidStatusCode},
		{"empty status", with(2, ""), zmtp.ErrorZAPInvalidStatusCode},
		{"version before request id", []string{"2.0", "2", "999", "", "", ""}, zmtp.ErrorZAPBadVersion},
		{"request id before status", []string{"1.0", "2", "999", "", "", ""}, zmtp.ErrorZAPBadRequestID},
		{"size before version", []string{"2.0", "2", "999"}, zmtp.ErrorZAPMalformedReply},
		{"metadata", with(5, "\x05X-"), zmtp.ErrorZAPInvalidMetadata},
		{"metadata of a refusal", []string{"1.0", "1", "400", "any text", "", "\x05X-"}, zmtp.ErrorZAPInvalidMetadata}, // edge case 60
		{"a socket type that does not fit", with(5, property("Socket-Type", "PUB")), zmtp.ErrorZAPInvalidMetadata},
	} {
		for _, p := range securedPairs() {
			t.Run(c.name+" "+p.name, func(t *testing.T) {
				w := newWorld(t)
				zapHandler(w, zmq.ROUTER, always(c.reply...))
				router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithZAPDomain("test"))...)
				events := router.Events(w.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
				w.connected(zmq.DEALER, ep, p.client...)
				if e := first(w, events); e.Type != failedProtocol || e.Value != c.code {
					t.Errorf("%v %#x, want %#x", e.Type, e.Value, c.code)
				}
			})
		}
	}
}

// TestZAPMissing: nobody to ask (edge cases 65 to 68).
func TestZAPMissing(t *testing.T) {
	domain, enforce := zmq.WithZAPDomain("test"), zmq.WithZAPEnforceDomain(true)
	for _, p := range securedPairs() {
		for _, c := range []struct {
			name  string
			opts  []zmq.Option
			plain bool // whether PLAIN lets a peer in
			other bool // whether the others do
		}{
			{"domain", []zmq.Option{domain}, false, true},
			{"domain enforced", []zmq.Option{domain, enforce}, false, false},
		} {
			t.Run(c.name+" "+p.name, func(t *testing.T) {
				w := newWorld(t)
				router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, c.opts...)...)
				events := router.Events(w.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
				w.connected(zmq.DEALER, ep, p.client...)
				in := c.other
				if p.mechanism == "PLAIN" {
					in = c.plain
				}
				e := first(w, events)
				if in && e.Type != zmq.EventHandshakeSucceeded {
					t.Errorf("%v: %v", e.Type, e.Err)
				}
				if !in && (e.Type != zmq.EventHandshakeFailedNoDetail || !errors.Is(e.Err, zmq.ErrFault)) {
					t.Errorf("%v: %v", e.Type, e.Err)
				}
			})
		}
	}
}

// TestZAPHandlerGoes: a handler that ends with a question unanswered lets nobody
// in; one that is not able to answer neither. A handler that comes later does (edge
// case 70).
func TestZAPHandlerGoes(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.ROUTER, zmq.DEALER, zmq.PULL} {
		t.Run(typ.String(), func(t *testing.T) {
			w := newWorld(t)
			handler, _ := w.bound(typ, zapEndpoint)
			p := plainPair()
			router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", p.server...)
			events := router.Events(w.ctx, failedHandshake|zmq.EventHandshakeSucceeded)
			dealer := w.connected(zmq.DEALER, ep, append(p.client, zmq.WithReconnectInterval(time.Millisecond))...)
			if typ == zmq.ROUTER {
				w.recv(handler)
			}
			if err := handler.Close(); err != nil {
				t.Fatal(err)
			}
			if e := first(w, events); e.Type != zmq.EventHandshakeFailedNoDetail || !errors.Is(e.Err, zmq.ErrFault) {
				t.Errorf("%v: %v", e.Type, e.Err)
			}
			zapHandler(w, zmq.REP, always(zapReply("200")...))
			askAndAnswer(w, router, dealer)
		})
	}
}

// TestAuthenticator: a function instead of a handler.
func TestAuthenticator(t *testing.T) {
	for _, p := range securedPairs() {
		t.Run(p.name, func(t *testing.T) {
			w := newWorld(t)
			var asked zmq.AuthRequest
			auth := func(_ context.Context, r zmq.AuthRequest) (zmq.Identity, error) {
				asked = r
				return zmq.Identity{UserID: "joe", Metadata: map[string]string{"X-Team": "blue"}}, nil
			}
			router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithAuthenticator(auth))...)
			dealer := w.connected(zmq.DEALER, ep, p.client...)
			askAndAnswer(w, router, dealer)
			if asked.Mechanism != p.mechanism || asked.Address != "127.0.0.1" {
				t.Errorf("asked %+v", asked)
			}
			refuse := func(context.Context, zmq.AuthRequest) (zmq.Identity, error) {
				return zmq.Identity{}, errors.New("not you")
			}
			other, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithAuthenticator(refuse))...)
			events := other.Events(w.ctx, failedHandshake)
			w.connected(zmq.DEALER, ep, p.client...)
			if e := first(w, events); e.Type != zmq.EventHandshakeFailedAuth || e.Value != 400 || !strings.Contains(e.Err.Error(), "not you") {
				t.Errorf("%v %d: %v", e.Type, e.Value, e.Err)
			}
		})
	}
}

// TestAuthenticatorEndsWithPeer: the context of a call ends when the time for the
// handshake is over, so that a stalled one comes free.
func TestAuthenticatorEndsWithPeer(t *testing.T) {
	w := newWorld(t)
	stalled := func(ctx context.Context, _ zmq.AuthRequest) (zmq.Identity, error) {
		<-ctx.Done()
		return zmq.Identity{}, ctx.Err()
	}
	p := plainPair()
	router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*",
		append(p.server, zmq.WithAuthenticator(stalled), zmq.WithHandshakeInterval(handshakeMax))...)
	events := router.Events(w.ctx, failedHandshake)
	w.connected(zmq.DEALER, ep, p.client...)
	if e := first(w, events); e.Type != zmq.EventHandshakeFailedNoDetail {
		t.Errorf("%v: %v", e.Type, e.Err)
	}
}

// TestAuthenticatorPanics: that costs the peer its connection and nobody else.
func TestAuthenticatorPanics(t *testing.T) {
	w := newWorld(t)
	clumsy := func(context.Context, zmq.AuthRequest) (zmq.Identity, error) { panic("stumbled") }
	p := plainPair()
	router, ep := w.bound(zmq.ROUTER, "tcp://127.0.0.1:*", append(p.server, zmq.WithAuthenticator(clumsy))...)
	events := router.Events(w.ctx, failedHandshake)
	w.connected(zmq.DEALER, ep, p.client...)
	if e := first(w, events); e.Type != zmq.EventHandshakeFailedAuth || e.Value != 500 || !strings.Contains(e.Err.Error(), "stumbled") {
		t.Errorf("%v %d: %v", e.Type, e.Value, e.Err)
	}
}

func securedPairs() []secured { return []secured{nullPair(), plainPair(), curvePair()} }

// curvePair makes new keys.
func curvePair() secured {
	serverPublic, serverSecret := zmq.NewCurveKeypair()
	public, secret := zmq.NewCurveKeypair()
	key, _ := z85.Decode(public)
	return secured{
		name: "CURVE", mechanism: "CURVE", credentials: []string{string(key)},
		keys: []string{public, secret, serverPublic}, serverSecret: serverSecret,
		server: []zmq.Option{zmq.WithCurveServer(true), zmq.WithCurveSecretKey(serverSecret)},
		client: []zmq.Option{zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret), zmq.WithCurveServerKey(serverPublic)},
	}
}
