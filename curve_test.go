// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// TestCurveKeys: key pairs, their text, and what is none. The pair is that of the
// manual page of zmq_curve_keypair.
func TestCurveKeys(t *testing.T) {
	public, err := zmq.CurvePublic("D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")
	if err != nil || public != "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID" {
		t.Errorf("%q, %v", public, err)
	}
	if !zmq.Has("curve") || zmq.Has("gssapi") {
		t.Error("CURVE is there, GSSAPI is not")
	}
	seen := map[string]bool{}
	for range 10 {
		public, secret := zmq.NewCurveKeypair()
		if len(public) != zmq.CurveKeyTextLen || len(secret) != zmq.CurveKeyTextLen || seen[public] || seen[secret] {
			t.Fatalf("%q and %q", public, secret)
		}
		seen[public], seen[secret] = true, true
		if p, err := zmq.CurvePublic(secret); err != nil || p != public {
			t.Errorf("%q belongs to %q, %v", p, secret, err)
		}
		raw, err := zmq.Z85Decode(secret)
		if err != nil || len(raw) != zmq.CurveKeySize {
			t.Fatal(raw, err)
		}
		if p, err := zmq.CurvePublic(string(raw)); err != nil || p != public {
			t.Errorf("%q belongs to %x, %v", p, raw, err)
		}
	}
	for _, bad := range []string{"", "short", public[1:], public + "0", " " + public[1:]} {
		if _, err := zmq.CurvePublic(bad); !errors.Is(err, zmq.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := zmq.Z85Decode("1234"); !errors.Is(err, zmq.ErrInvalid) {
		t.Error(err)
	}
	if _, err := zmq.Z85Encode([]byte("123")); !errors.Is(err, zmq.ErrInvalid) {
		t.Error(err)
	}
	if s, err := zmq.Z85Encode([]byte("1234")); err != nil || s != "f!$Kw" {
		t.Error(s, err)
	}
}

// TestCurveKeysMissing: a CURVE socket without its keys says so.
func TestCurveKeysMissing(t *testing.T) {
	w := newWorld(t)
	public, secret := zmq.NewCurveKeypair()
	for _, opts := range [][]zmq.Option{
		{zmq.WithCurveServer(true)},
		{zmq.WithCurveServerKey(public)},
		{zmq.WithCurveServerKey(public), zmq.WithCurvePublicKey(public)},
		{zmq.WithCurveServerKey(public), zmq.WithCurveSecretKey(secret)},
		{zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret)},
	} {
		s := w.socket(zmq.DEALER, opts...)
		if err := s.Connect("tcp://127.0.0.1:1"); !errors.Is(err, zmq.ErrInvalid) {
			t.Errorf("connect: %v", err)
		}
		if err := s.Bind("tcp://127.0.0.1:*"); !errors.Is(err, zmq.ErrInvalid) {
			t.Errorf("bind: %v", err)
		}
	}
}

// TestCurveSizes: messages of all sizes and parts, in both directions.
func TestCurveSizes(t *testing.T) {
	w := newWorld(t)
	p := curvePair()
	a, ep := w.bound(zmq.PAIR, "tcp://127.0.0.1:*", p.server...)
	b := w.connected(zmq.PAIR, ep, p.client...)
	var all [][]byte
	for _, n := range []int{0, 1, 30, 31, 32, 221, 222, 223, 255, 4095, 4096, 8192, 65503, 65536, 1 << 20, 9 << 20} {
		all = append(all, bytes.Repeat([]byte{byte(n)}, n))
	}
	messages := [][][]byte{all, {all[0], all[15], all[0]}}
	for _, frame := range all {
		messages = append(messages, [][]byte{frame}, [][]byte{frame, frame, {}})
	}
	for i, frames := range messages {
		for _, way := range [][2]*zmq.Socket{{a, b}, {b, a}} {
			done := make(chan error, 1)
			go func() { done <- way[0].Send(w.ctx, frames...) }()
			m, err := way[1].Recv(w.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if m.Len() != len(frames) {
				t.Fatalf("message %d has %d frames", i, m.Len())
			}
			for k := range frames {
				if !bytes.Equal(m.Frame(k), frames[k]) {
					t.Fatalf("message %d: frame %d is damaged", i, k)
				}
			}
		}
	}
}

// TestCurveNoAllocationPerMessage: nor is there with CURVE.
func TestCurveNoAllocationPerMessage(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget on purpose")
	}
	for _, size := range []int{1, 64, 1024, 8192, 65536} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			w := newWorld(t)
			p := curvePair()
			in, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*", p.server...)
			noAllocation(w, in, w.connected(zmq.PUSH, ep, p.client...), size)
		})
	}
}
