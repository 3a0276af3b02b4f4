// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

const (
	python = "/usr/bin/python3"
	// plainBytesMax is how large a frame may be to be handed to the peer as it is; a
	// larger one must be a pattern. testdata/peer.py has the same number.
	plainBytesMax = 1024
	// answerMillis bounds what the peer waits for.
	answerMillis = 30_000
)

// peerProgram is what a peer process runs.
//
//go:embed testdata/peer.py
var peerProgram string

// pattern makes a frame whose content follows from its size.
func pattern(size int) []byte {
	var block [251]byte
	for i := range block {
		block[i] = byte((7*i + size) % len(block))
	}
	b := make([]byte, size)
	for at := 0; at < size; {
		at += copy(b[at:], block[:])
	}
	return b
}

// libzmq is what a peer process says about its libzmq, or why there is none.
var libzmq = sync.OnceValues(func() (string, error) {
	out, err := exec.Command(python, "-c", "import zmq; print(zmq.zmq_version())").CombinedOutput()
	return string(bytes.TrimSpace(out)), err
})

// peer is a process with libzmq sockets. One goroutine at a time.
type peer struct {
	w   *world
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// newPeer starts a process that ends with the test.
func newPeer(w *world) *peer {
	w.Helper()
	if out, err := libzmq(); err != nil {
		missing(w.T, fmt.Sprintf("no libzmq for %s: %v %s", python, err, out))
	}
	p := &peer{w: w, cmd: exec.Command(python, "-c", peerProgram)}
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		w.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(p.kill)
	return p
}

// with makes the peer report to another test, for sub-tests.
func (p *peer) with(w *world) *peer { return &peer{w, p.cmd, p.in, p.out} }

// kill ends the process as hard as can be, and waits for that. Any number of
// times.
func (p *peer) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func (p *peer) signal(s syscall.Signal) {
	p.w.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.w.Fatal(err)
	}
}

// request is a line to the peer, answer a line from it.
type (
	request struct {
		Op       string         `json:"op"`
		ID       int            `json:"id,omitempty"`
		Type     string         `json:"type,omitempty"`
		Options  map[string]any `json:"options,omitempty"`
		Name     string         `json:"name,omitempty"`
		Value    any            `json:"value,omitempty"`
		Endpoint string         `json:"endpoint,omitempty"`
		Frames   []any          `json:"frames,omitempty"`
		Size     int            `json:"size,omitempty"`
		Timeout  int64          `json:"timeout,omitempty"` // ms
	}
	answer struct {
		ID       int     `json:"id"`
		Endpoint string  `json:"endpoint"`
		Frames   []any   `json:"frames"`
		Again    bool    `json:"again"`
		Error    string  `json:"error"`
		Errno    int     `json:"errno"`
		Lines    [][]any `json:"lines"`
	}
)

// ask sends one request and waits for the answer.
func (p *peer) ask(q request) answer {
	p.w.Helper()
	line, err := json.Marshal(q)
	if err != nil {
		p.w.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.w.Fatalf("the peer takes no request: %v", err)
	}
	line, err = p.out.ReadBytes('\n')
	if err != nil {
		p.w.Fatalf("the peer gave no answer to %s: %v", q.Op, err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		p.w.Fatal(err)
	}
	return a
}

// options are those of a libzmq socket, by their names in pyzmq; byte strings
// are []byte, which JSON makes base64.
type options map[string]any

// theirs is a socket in the peer process.
type theirs struct {
	p   *peer
	id  int
	typ zmq.SocketType
}

func (p *peer) open(typ zmq.SocketType, o options) *theirs {
	p.w.Helper()
	return p.openNamed(typ.String(), typ, o)
}

// openRaw makes a plain TCP connection instead.
func (p *peer) openRaw() *theirs {
	p.w.Helper()
	return p.openNamed("RAW", zmq.STREAM, nil)
}

func (p *peer) openNamed(name string, typ zmq.SocketType, o options) *theirs {
	p.w.Helper()
	s := &theirs{p: p, typ: typ}
	s.id = s.ask(request{Op: "open", Type: name, Options: o}).ID
	return s
}

func (s *theirs) ask(q request) answer {
	s.p.w.Helper()
	q.ID = s.id
	a := s.p.ask(q)
	if a.Error != "" && !a.Again {
		s.p.w.Fatalf("their %v: %s: %s", s.typ, q.Op, a.Error)
	}
	return a
}

func (s *theirs) send(frames ...[]byte) {
	s.p.w.Helper()
	if a := s.ask(request{Op: "send", Frames: s.packed(frames), Timeout: answerMillis}); a.Error != "" {
		s.p.w.Fatalf("their %v sends: %s", s.typ, a.Error)
	}
}

// packed makes frames ready for a line.
func (s *theirs) packed(frames [][]byte) (fs []any) {
	s.p.w.Helper()
	for _, f := range frames {
		switch {
		case len(f) <= plainBytesMax:
			fs = append(fs, base64.StdEncoding.EncodeToString(f))
		case bytes.Equal(f, pattern(len(f))):
			fs = append(fs, len(f))
		default:
			s.p.w.Fatalf("%d bytes that are no pattern", len(f))
		}
	}
	return fs
}

func (s *theirs) recv() [][]byte {
	s.p.w.Helper()
	fs := s.frames(request{Op: "recv", Timeout: answerMillis})
	if fs == nil {
		s.p.w.Fatalf("their %v received nothing", s.typ)
	}
	return fs
}

func (s *theirs) tryRecv() [][]byte {
	s.p.w.Helper()
	return s.frames(request{Op: "recv", Timeout: moment.Milliseconds()})
}

// recvBytes receives from a plain TCP connection; less than size bytes where it
// ends before.
func (s *theirs) recvBytes(size int) []byte {
	s.p.w.Helper()
	return s.frames(request{Op: "recv_bytes", Size: size, Timeout: answerMillis})[0]
}

func (s *theirs) frames(q request) [][]byte {
	s.p.w.Helper()
	return s.unpacked(s.ask(q))
}

func (s *theirs) unpacked(a answer) (fs [][]byte) {
	s.p.w.Helper()
	for _, f := range a.Frames {
		switch f := f.(type) {
		case float64:
			fs = append(fs, pattern(int(f)))
		case string:
			b, err := base64.StdEncoding.DecodeString(f)
			if err != nil {
				s.p.w.Fatal(err)
			}
			fs = append(fs, b)
		}
	}
	return fs
}

func (s *theirs) bind(endpoint string) string {
	s.p.w.Helper()
	return s.ask(request{Op: "bind", Endpoint: endpoint}).Endpoint
}

func (s *theirs) connect(endpoint string) {
	s.p.w.Helper()
	s.ask(request{Op: "connect", Endpoint: endpoint})
}

func (s *theirs) subscribe(topic string) {
	s.p.w.Helper()
	if s.typ == zmq.XSUB {
		s.send(append([]byte{1}, topic...))
		return
	}
	s.ask(request{Op: "set", Name: "SUBSCRIBE", Value: []byte(topic)})
}

func (s *theirs) unsubscribe(topic string) {
	s.p.w.Helper()
	if s.typ == zmq.XSUB {
		s.send(append([]byte{0}, topic...))
		return
	}
	s.ask(request{Op: "set", Name: "UNSUBSCRIBE", Value: []byte(topic)})
}

// close ends the socket at once.
func (s *theirs) close() {
	s.p.w.Helper()
	s.ask(request{Op: "close"})
}

// TestPeersAreThere says which libzmq the tests of this package run against.
func TestPeersAreThere(t *testing.T) {
	version, err := libzmq()
	if err != nil {
		missing(t, fmt.Sprintf("no libzmq for %s: %v %s", python, err, version))
	}
	t.Log("libzmq", version)
}
