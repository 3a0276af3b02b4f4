// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

func int4(n int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(int32(n))) }

// Numbers of options.
const (
	optFD          = 14
	optMechanism   = 43
	optPlainServer = 44
	optCurveServer = 47
	optTTL         = 76
)

// notThere are the descriptor, which is another each time, the options of GSSAPI,
// which we do not have, and those that libzmq 4.3.4 does not have, or not without its
// draft interface.
var notThere = []int{optFD, 62, 63, 64, 65, 90, 91, 97, 101, 102, 103, 104, 105, 106, 107, 110, 111, 112, 113, 114, 115, 116}

// texts are the options that are texts.
var texts = []int{32, 45, 46, 55, 68, 92, 99, 100}

// clearsHere are the options that an empty value clears here, as NULL does in either
// library (edge case 222).
var clearsHere = []int{38, 58, 59, 60, 68, 92}

// TestOptionsLikeLibzmq: each option of each type of socket has the default that it
// has with libzmq (edge case 117), takes and refuses the same values (14, 46, 184,
// 222), and is the same then, but for what docs/differences.md lists.
func TestOptionsLikeLibzmq(t *testing.T) {
	values := []any{nil, int4(1), int4(-1), int4(250), []byte("x"), []byte{}, make([]byte, 8), []byte(curveSecret), []byte("X-a:1")}
	w := newWorld(t)
	p := newPeer(w)
	for typ := zmq.PAIR; typ <= zmq.STREAM; typ++ {
		lines := p.ask(request{Op: "try_options", Type: typ.String(), Frames: values}).Lines
		for i, line := range lines {
			n, value := 1+i/len(values), values[i%len(values)]
			text := fmt.Sprintf("%x", asBytes(value))
			ttl := n == optTTL && slices.Equal(int4(-1), asBytes(value)) // edge case 46
			if slices.Contains(notThere, n) || ttl || text == "" && value != nil && slices.Contains(clearsHere, n) {
				continue
			}
			if slices.Contains(texts, n) {
				line[2] = strings.TrimSuffix(line[2].(string), "00") // the end of a text in C
			}
			if our, their := tryOption(w, typ, n, value), fmt.Sprintln(line...); our != their {
				t.Errorf("%v: option %d as %q: ours %s, libzmq's %s", typ, n, text, our, their)
			}
		}
	}
}

func asBytes(value any) []byte {
	b, _ := value.([]byte)
	return b
}

// tryOption is the same on a socket of ours.
func tryOption(w *world, typ zmq.SocketType, n int, value any) string {
	w.Helper()
	s, err := w.zc.NewSocket(typ)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var set error
	if value != nil {
		set = s.SetSockOpt(n, value.([]byte))
	}
	got, err := s.SockOpt(n)
	return fmt.Sprintln(int(errnoOf(set)), int(errnoOf(err)), hex.EncodeToString(got))
}

// TestMechanismLikeLibzmq: the mechanism is that of the last option that says
// anything of it (edge case 76).
func TestMechanismLikeLibzmq(t *testing.T) {
	public, secret := zmq.NewCurveKeypair()
	const username, password, publicKey, secretKey, serverKey = 45, 46, 48, 49, 50
	tell := func(s subject) (told string) {
		for _, x := range []struct {
			n     int
			value []byte
		}{
			{optPlainServer, int4(1)}, {optCurveServer, int4(1)}, {optPlainServer, int4(0)}, {username, []byte("joe")},
			{publicKey, []byte(public)}, {password, []byte("x")}, {secretKey, []byte(secret)}, {optCurveServer, int4(0)},
			{serverKey, []byte(public)}, {username, nil}, {optPlainServer, int4(2)}, {publicKey, []byte("short")},
		} {
			told += fmt.Sprint(x.n, ":", int(s.setNumber(x.n, x.value)))
			for _, n := range []int{optMechanism, optPlainServer, optCurveServer} {
				b, failed := s.getNumber(n, 4)
				told += fmt.Sprint(" ", b, int(failed))
			}
			told += "\n"
		}
		return told
	}
	w := newWorld(t)
	if our, their := tell(w.open(zmq.PULL)), tell(newPeer(w).open(zmq.PULL, nil)); our != their {
		t.Errorf("ours\n%s\nlibzmq's\n%s", our, their)
	}
}

// TestContextLikeLibzmq: the same of the options of a context (edge cases 116 and
// 224); here they are given in the beginning, or by number.
func TestContextLikeLibzmq(t *testing.T) {
	const threadNamePrefix = 9 // which became a text after 4.3.4
	values := []any{nil, 0, 1, -1, 7, 1000}
	lines := newPeer(newWorld(t)).ask(request{Op: "try_context", Frames: values}).Lines
	for i, line := range lines {
		n, value := 1+i/len(values), values[i%len(values)]
		if n == threadNamePrefix {
			continue
		}
		zc, err := zmq.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		var set error
		if value != nil {
			set = zc.SetCtxOpt(n, int4(value.(int)))
		}
		got := -1
		if b, err := zc.CtxOpt(n); err == nil && len(b) == 4 {
			got = int(int32(binary.NativeEndian.Uint32(b)))
		}
		if our, their := fmt.Sprintln(int(errnoOf(set)), got), fmt.Sprintf("%.0f %.0f\n", line...); our != their {
			t.Errorf("option %d as %v: ours %s, libzmq's %s", n, value, our, their)
		}
		if err := zc.Term(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestZ85LikeLibzmq: what is no text, or no number of bytes, is refused by both (edge
// case 226).
func TestZ85LikeLibzmq(t *testing.T) {
	texts := []any{"", "0", "0000", "00000", "%nSc0", "%nSc1", "#####", "0000 ", "00\"00", "HelloWorld", "00000#####", curveSecret, "12345678"}
	lines := newPeer(newWorld(t)).ask(request{Op: "try_z85", Frames: texts}).Lines
	for i, text := range texts {
		b, _ := zmq.Z85Decode(text.(string))
		encoded, _ := zmq.Z85Encode([]byte(text.(string)))
		if our, their := fmt.Sprintf("%x %s", b, encoded), fmt.Sprintf("%s %s", lines[i]...); our != their {
			t.Errorf("%q: ours %s, libzmq's %s", text, our, their)
		}
	}
}

// TestShutdownLikeLibzmq: after a shutdown every call says so, but for close (edge
// cases 112, 113 and 118).
func TestShutdownLikeLibzmq(t *testing.T) {
	tell := func(s subject) string {
		_, taken := s.take()
		_, got := s.getNumber(16, 4)
		return fmt.Sprintln(taken, s.try([]byte("x")), s.attempt("bind", "inproc://shut"), s.attempt("connect", "inproc://shut"),
			s.attempt("disconnect", "inproc://shut"), s.setNumber(17, int4(0)), got)
	}
	w := newWorld(t)
	p := newPeer(w)
	our, their := w.open(zmq.PAIR), p.open(zmq.PAIR, nil)
	for range 2 { // the second one does nothing
		if err := w.zc.Shutdown(); err != nil {
			t.Error(err)
		}
		if failed := p.ask(request{Op: "shutdown"}).ID; failed != 0 {
			t.Errorf("libzmq: %d", failed)
		}
	}
	if our, their := tell(our), tell(their); our != their {
		t.Errorf("ours %slibzmq's %s", our, their)
	}
	our.close()
	their.close()
}
