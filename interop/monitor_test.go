// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// subject is a socket whose monitor is looked at, ours or libzmq's: the same is
// done to both, and both must tell the same.
type subject interface {
	end
	// try sends once, take receives once, attempt binds, connects, unbinds or
	// disconnects; each says how it failed.
	try(frames ...[]byte) zmq.Errno
	take() ([][]byte, zmq.Errno)
	attempt(op, endpoint string) zmq.Errno
	// setNumber and getNumber are zmq_setsockopt and zmq_getsockopt.
	setNumber(n int, value []byte) zmq.Errno
	getNumber(n, room int) ([]byte, zmq.Errno)
	// property is what the connection says of the next message.
	property(name string) string
	bindFails(endpoint string)
	unbind(endpoint string)
	close()
	// monitor begins a zmq_socket_monitor and returns the end where it is heard.
	monitor() end
}

func (o *ours) unbind(endpoint string) {
	o.w.Helper()
	o.check(o.Unbind(endpoint))
}

func (o *ours) bindFails(endpoint string) {
	o.w.Helper()
	if o.Bind(endpoint) == nil {
		o.w.Fatalf("bound to %s", endpoint)
	}
}

func (o *ours) close() { o.check(o.Close()) }

func (o *ours) monitor() end {
	o.w.Helper()
	endpoint := fmt.Sprintf("inproc://monitor-%p", o)
	o.check(o.Monitor(endpoint, zmq.EventAll, 1, zmq.PAIR))
	m := o.w.open(zmq.PAIR)
	m.connect(endpoint)
	return m
}

func (s *theirs) unbind(endpoint string) { s.ask(request{Op: "unbind", Endpoint: endpoint}) }

func (s *theirs) bindFails(endpoint string) {
	s.p.w.Helper()
	if a := s.p.ask(request{ID: s.id, Op: "bind", Endpoint: endpoint}); a.Error == "" {
		s.p.w.Fatalf("libzmq bound to %s", endpoint)
	}
}

func (s *theirs) monitor() end {
	s.p.w.Helper()
	return &theirs{s.p, s.ask(request{Op: "monitor"}).ID, zmq.PAIR}
}

// record is one event as a monitor of version 1 sends it, comparable: descriptors
// and intervals, which differ each time, have become words.
type record struct {
	typ      zmq.EventType
	value    string
	endpoint string
}

func (r record) String() string { return fmt.Sprintf("%v %s %s", r.typ, r.value, r.endpoint) }

// hear receives one event.
func hear(t *testing.T, m end, endpoint string) record {
	t.Helper()
	return told(t, m.recv(), endpoint)
}

// told reads one event.
func told(t *testing.T, fs [][]byte, endpoint string) record {
	t.Helper()
	if len(fs) != 2 || len(fs[0]) != 6 {
		t.Fatalf("an event of the form %q", fs)
	}
	r := record{typ: zmq.EventType(binary.NativeEndian.Uint16(fs[0])), endpoint: string(fs[1])}
	value := int32(binary.NativeEndian.Uint32(fs[0][2:]))
	switch r.typ {
	case zmq.EventConnected, zmq.EventAccepted, zmq.EventListening, zmq.EventClosed, zmq.EventDisconnected:
		r.value = "descriptor"
		if value < 0 && !(r.typ == zmq.EventClosed && strings.HasPrefix(r.endpoint, "ipc://")) { // docs/differences.md
			r.value = "no descriptor"
		}
	case zmq.EventConnectRetried:
		r.value = "interval"
		if value < retryMillis || value >= 2*retryMillis {
			r.value = fmt.Sprint("interval ", value)
		}
	default:
		r.value = fmt.Sprint(value)
	}
	if r.typ == zmq.EventBindFailed {
		// libzmq leaves the scheme out (docs/differences.md).
		endpoint = strings.TrimPrefix(endpoint, "tcp://")
		r.endpoint = strings.TrimPrefix(r.endpoint, "tcp://")
	}
	if endpoint != "" {
		r.endpoint = strings.ReplaceAll(r.endpoint, endpoint, "<endpoint>")
	}
	return r
}

// retryMillis is the reconnect interval of subjects: long enough for a connect to
// fall between two of them.
const retryMillis = 10

// record tells the story to a subject and returns what its monitor said.
func (c *story) record(w *world, s subject) (told []record) {
	w.Helper()
	m := s.monitor()
	endpoint := c.act(w, s)
	for times := c.times; times > 0; {
		r := hear(w.T, m, endpoint)
		if r.typ == c.last {
			times--
		}
		if r.typ == c.anyValue {
			r.value = ""
		}
		if _, ours := s.(*ours); ours || len(told) == 0 || !forgot(told[len(told)-1], r) {
			told = append(told, r)
		}
	}
	return told
}

// forgetMillis is how long libzmq may forget for, and forgot says that it did: at
// times it does not close where it has said that a handshake failed, and says so once
// more when the time for it is over.
const forgetMillis = 3000

func forgot(before, r record) bool {
	return r.typ == zmq.EventHandshakeFailedNoDetail &&
		(before.typ == zmq.EventHandshakeFailedNoDetail || before.typ == zmq.EventHandshakeFailedProtocol)
}

// update makes tests write what they have recorded.
var update = flag.Bool("update", false, "record libzmq anew, and write docs/interop.md")

// recordingFile is what libzmq has told, by story, in the version of its first line.
const recordingFile = "testdata/monitor.txt"

// recorded reads the recording.
func recorded(t *testing.T) (version string, told map[string]string) {
	t.Helper()
	text, err := os.ReadFile(recordingFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "\n\n")
	_, version, _ = strings.Cut(head, "recorded from libzmq ")
	told = make(map[string]string)
	for _, part := range strings.Split(strings.TrimSpace(rest), "\n\n") {
		name, lines, _ := strings.Cut(part, "\n")
		told[name] = lines
	}
	return version, told
}

// lines writes records down, without those of a type that only one side has.
func lines(rs []record, without []zmq.EventType) string {
	var b strings.Builder
	for _, r := range rs {
		if !slices.Contains(without, r.typ) {
			b.WriteString(strings.TrimRight("  "+r.String(), " ") + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// drop leaves lines of some types out.
func drop(told string, types []zmq.EventType) string {
	kept := slices.DeleteFunc(strings.Split(told, "\n"), func(line string) bool {
		return slices.ContainsFunc(types, func(typ zmq.EventType) bool { return strings.HasPrefix(line, "  "+typ.String()+" ") })
	})
	return strings.Join(kept, "\n")
}

// TestMonitorLikeLibzmq: whatever happens to a socket, its monitor tells the same
// as that of libzmq has told, as recorded, and, where there is a libzmq of that
// version, tells now: the same events in the same order, with the same values and
// endpoints, but for what docs/differences.md lists.
func TestMonitorLikeLibzmq(t *testing.T) {
	here, err := libzmq()
	if err != nil && (*update || os.Getenv("ZEROLOOP_REQUIRE_PEERS") == "1") {
		t.Fatal("no libzmq:", err, here)
	}
	version, recording := recorded(t)
	isSame := err == nil && (here == version || *update)
	now := make(map[string]string)
	for i := range stories {
		c := &stories[i]
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if isSame {
				now[c.name] = lines(c.record(w, c.theirSubject(w)), nil)
				// Some of what only libzmq tells is a matter of time.
				if got, want := drop(now[c.name], c.theirOnly), drop(recording[c.name], c.theirOnly); got != want && !*update {
					t.Errorf("libzmq told\n%s\nand recorded is\n%s", got, want)
				}
			}
			if *update {
				return
			}
			our := c.record(w, c.ourSubject(w))
			if got, want := lines(our, c.ourOnly), drop(recording[c.name], c.theirOnly); got != want {
				t.Errorf("our monitor told\n%s\nand libzmq's\n%s", got, want)
			}
			for _, typ := range c.ourOnly {
				if !slices.ContainsFunc(our, func(r record) bool { return r.typ == typ }) {
					t.Errorf("%v, of which docs/differences.md speaks, did not come", typ)
				}
			}
		})
	}
	if *update && !t.Failed() {
		write(t, here, now)
	}
}

func (c *story) ourSubject(w *world) subject {
	if c.reply != nil {
		handle(w, c.reply...)
	}
	return w.open(zmq.DEALER, append(c.opts, zmq.WithReconnectInterval(retryMillis*time.Millisecond))...)
}

func (c *story) theirSubject(w *world) subject {
	opts := options{"RECONNECT_IVL": retryMillis, "HANDSHAKE_IVL": forgetMillis}
	maps.Copy(opts, c.theirs)
	p := newPeer(w)
	if c.reply != nil {
		p.zap(c.reply...)
	}
	return p.open(zmq.DEALER, opts)
}

// write makes a recording.
func write(t *testing.T, version string, told map[string]string) {
	t.Helper()
	text := "What the monitor of a socket tells of each story of monitor_stories_test.go, recorded from libzmq " + version + "\n"
	for i := range stories {
		text += "\n" + stories[i].name + "\n" + told[stories[i].name] + "\n"
	}
	if err := os.WriteFile(recordingFile, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
