// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"bytes"
	"testing"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
)

// TestPlainError: the refusal in libzmq's form and in the right one, both of
// which a client understands.
func TestPlainError(t *testing.T) {
	for _, form := range []string{"^RROR\x03400", "\x05ERROR\x03400"} {
		c := NewPlainClient(Local{Type: typeREQ}, "joe", "secret")
		c.Next(nil)
		err := c.Process([]byte(form))
		if refused, ok := err.(*RefusedError); !ok || refused.Reason != "400" || c.Status() != Refused {
			t.Errorf("%q: %v", form, err)
		}
		protocolError(t, c.Process([]byte("\x05ERROR\x03400")), zmtp.ErrorUnexpectedCommand)
	}
	for status, want := range map[int]string{300: "", 400: "^RROR\x03400", 500: "^RROR\x03500"} {
		s := NewPlainServer(Local{Type: typeREP})
		if err := s.Process([]byte("\x05HELLO\x03joe\x00")); err != nil {
			t.Fatal(err)
		}
		s.Answer(status)
		if b, ok := s.Next([]byte("kept")); string(b) != "kept"+want || ok != (want != "") || s.Status() != Refused {
			t.Errorf("%d: %q", status, b)
		}
	}
}

// FuzzPlainHello: what is taken is a name and a password and nothing else.
func FuzzPlainHello(f *testing.F) {
	f.Add([]byte("\x03joe\x06secret"))
	f.Add([]byte("\x00\x00"))
	f.Add([]byte("\xffjoe"))
	f.Fuzz(func(t *testing.T, b []byte) {
		user, pass, err := parsePlainHello(b)
		if err != nil {
			return
		}
		again := zmtp.AppendName(zmtp.AppendName(nil, user), pass)
		if !bytes.Equal(again, b) {
			t.Errorf("%q becomes %q", b, again)
		}
	})
}

// FuzzHandshake: whatever comes as the next command, no side of a mechanism
// panics or lets the peer in.
func FuzzHandshake(f *testing.F) {
	for _, seed := range []string{"\x05HELLO\x03joe\x06secret", "\x07WELCOME", "\x05READY\x0bSocket-Type\x00\x00\x00\x03REP", "\x08INITIATE", "\x05ERROR\x03400", "^RROR\x03"} {
		f.Add([]byte(seed), []byte(seed))
	}
	v := vectors(f)
	f.Add(v["hello"], v["initiate"])
	f.Add(v["welcome"], v["ready"])
	f.Fuzz(func(t *testing.T, first, second []byte) {
		sides := []Mechanism{
			NewPlainServer(Local{Type: typeREP}), NewPlainClient(Local{Type: typeREQ}, "joe", "secret"),
			NewCurveServer(Local{Type: typeREP}, [32]byte{1}, false), NewCurveClient(Local{Type: typeREQ}, CurveKeys{Server: [32]byte{9}}),
		}
		for _, m := range sides {
			m.Next(nil)
			for _, b := range [][]byte{first, second} {
				if m.Process(bytes.Clone(b)) != nil {
					break
				}
				m.Next(nil)
			}
			// A PLAIN client has only to be told what it wants to hear.
			if _, plain := m.(*PlainClient); !plain && m.Status() == Ready {
				t.Errorf("%T is ready after %q and %q", m, first, second)
			}
		}
	})
}

// FuzzZAPReply: a reply that is taken has one of four statuses.
func FuzzZAPReply(f *testing.F) {
	f.Add("", "1.0", "1", "200", "ok", "joe", []byte("\x01X\x00\x00\x00\x01y"))
	f.Add("", "1.0", "1", "300", "", "", []byte{})
	f.Fuzz(func(t *testing.T, delimiter, version, id, status, reason, user string, metadata []byte) {
		frames := [][]byte{[]byte(delimiter), []byte(version), []byte(id), []byte(status), []byte(reason), []byte(user), metadata}
		v, err := ParseZAPReply(option.Rep, frames)
		switch {
		case err != nil:
		case delimiter != "" || version != "1.0" || id != "1":
			t.Errorf("%q is taken", frames)
		case v.Status != 200 && v.Status != 300 && v.Status != 400 && v.Status != 500:
			t.Errorf("status %d", v.Status)
		case v.Accepted() != (status == "200"):
			t.Errorf("%q is %v", status, v)
		}
		for n := range frames {
			if _, err := ParseZAPReply(option.Rep, frames[:n]); err == nil {
				t.Errorf("%d frames are taken", n)
			}
		}
	})
}
