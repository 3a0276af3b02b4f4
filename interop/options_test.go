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
			text := fmt.Sprintf("%x", value)
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
