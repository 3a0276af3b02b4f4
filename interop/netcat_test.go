// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// pushScript is a PUSH socket of ZMTP 1.0 in one line: an empty identity, then
// the length, no flags and the message from standard input. What follows, the
// line feed of echo, is the start of a frame that never comes.
const pushScript = `push () { m=$(cat) && echo -e $(printf '\\x01\\x00\\x%02x\\x00%s' $((1 + ${#m})) "$m") | nc -q1 $@; }
push "$1" "$2"`

// TestBashAndNetcat: the smallest peer there is pushes into our PULL.
func TestBashAndNetcat(t *testing.T) {
	for _, program := range []string{"bash", "nc"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, "no "+program)
		}
	}
	if help, _ := exec.Command("nc", "-h").CombinedOutput(); !strings.Contains(string(help), "-q") {
		missing(t, "an nc without -q")
	}
	w := newWorld(t)
	pull := w.open(zmq.PULL)
	events := pull.events(zmq.EventAccepted | zmq.EventDisconnected)
	host, port, err := net.SplitHostPort(strings.TrimPrefix(pull.bind("tcp://127.0.0.1:*"), "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	longest := strings.Repeat("z", 252)
	for _, m := range []string{"hello", "two words", longest} {
		push := exec.Command("bash", "-c", pushScript, "push", host, port)
		push.Stdin = strings.NewReader(m)
		done := make(chan error, 1)
		go func() {
			out, err := push.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			done <- err
		}()
		want(t, pull, []byte(m))
		if err := <-done; err != nil {
			t.Error(err)
		}
		events.wait(zmq.EventAccepted)
		lost(t, events)
	}
	if m := pull.tryRecv(); m != nil {
		t.Errorf("received %q, which nobody sent", m)
	}
}
