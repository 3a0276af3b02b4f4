// SPDX-License-Identifier: MPL-2.0

//go:build !race

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zeroloop/zmq"
)

// echoServers are Go sockets that send back what they get; it returns where.
func echoServers(t *testing.T) []string {
	t.Helper()
	var ats []string
	for _, at := range []string{"tcp://127.0.0.1:*", "ipc://" + filepath.Join(t.TempDir(), "echo")} {
		s, err := zmq.NewSocket(zmq.REP, zmq.WithLinger(0))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := s.Bind(at); err != nil {
			t.Fatal(err)
		}
		ats = append(ats, s.LastEndpoint())
		go func() {
			for m, err := range s.Messages(t.Context()) {
				if err != nil || s.SendMsg(t.Context(), &m) != nil {
					return
				}
			}
		}()
	}
	return ats
}

// needs ends a test for which something of Debian's is not installed, which the probe
// tells by its exit code: .ci/run installs all of it and wants every test to run.
func needs(t *testing.T, packages string, probe ...string) {
	t.Helper()
	if err := exec.Command(probe[0], probe[1:]...).Run(); err == nil {
		return
	}
	reason := "not here: apt-get install -y " + packages
	if os.Getenv("ZEROLOOP_REQUIRE_PEERS") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// TestBindings: language bindings from Debian, built for libzmq, run on this
// library; each talks to Go sockets over tcp and ipc, and to itself over tcp, ipc
// and inproc.
func TestBindings(t *testing.T) {
	const python, jni = "/usr/bin/python3", "-Djava.library.path=/usr/lib/x86_64-linux-gnu/jni:/usr/lib/aarch64-linux-gnu/jni:/usr/lib/jni"
	for _, c := range []struct {
		name     string
		command  []string
		packages string
		probe    []string
	}{
		{"python", []string{python, "testdata/bindings/sync.py"}, "python3-zmq", []string{python, "-c", "import zmq"}},
		{"python asyncio", []string{python, "testdata/bindings/async.py"}, "python3-zmq python3-tornado",
			[]string{python, "-c", "import zmq, tornado"}},
		{"perl", []string{"perl", "testdata/bindings/exchange.pl"}, "libzmq-ffi-perl", []string{"perl", "-MZMQ::FFI", "-e", "1"}},
		{"php", []string{"php", "testdata/bindings/exchange.php"}, "php-cli php-zmq",
			[]string{"php", "-r", "exit(extension_loaded('zmq') ? 0 : 1);"}},
		{"ruby", []string{"/usr/bin/ruby", "testdata/bindings/exchange.rb"}, "ruby-ffi-rzmq", []string{"/usr/bin/ruby", "-e", "require 'ffi-rzmq'"}},
		{"R", []string{"Rscript", "testdata/bindings/exchange.R"}, "r-cran-pbdzmq", []string{"Rscript", "-e", "library(pbdZMQ)"}},
		{"java", []string{"java", jni, "-cp", "/usr/share/java/zmq.jar", "testdata/bindings/Exchange.java"},
			"libzmq-java libzmq-jni default-jdk-headless", []string{"sh", "-c", "java -version && test -e /usr/share/java/zmq.jar"}},
		{"czmq", nil, "libczmq-dev", []string{"sh", "-c", "echo '#include <czmq.h>' | gcc -fsyntax-only -x c -"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			needs(t, c.packages, c.probe...)
			command := c.command
			if command == nil {
				command = []string{compileCzmq(t)}
			}
			// R's start script puts its own path before ours; a preloaded library stays.
			preload := c.name == "R"
			if got := runOn(t, preload, command[0], append(command[1:], echoServers(t)...)...); !strings.HasSuffix(got, "ok\n") {
				t.Errorf("%q", got)
			}
		})
	}
}

// compileCzmq builds the czmq program against Debian's headers.
func compileCzmq(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "exchange")
	c := exec.Command("gcc", "-std=gnu11", "-g", "testdata/bindings/exchange.c", "-lczmq", "-L"+library(t)+"/lib", "-lzmq", "-o", to)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
	return to
}

// TestPyzmqOwnTests: the tests that pyzmq brings for itself, on this library. Left
// out is what tests other things than the library, two tests of draft sockets for
// which Debian has built pyzmq without their functions, one that publishes right
// after it has subscribed over tcp, which a busy machine makes it lose with any
// library, and what TestTracker has in its place.
func TestPyzmqOwnTests(t *testing.T) {
	needs(t, "python3-zmq python3-pytest", "/usr/bin/python3", "-c", "import zmq, pytest")
	const others = "not mypy and not cython and not ssh and not test_client_server and not test_radio_dish and not test_blank_root_topic and not test_tracker"
	got := run(t, "env", "-C", t.TempDir(), "/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
		"--pyargs", "zmq.tests", "-k", others)
	lines := strings.Split(strings.TrimSpace(got), "\n")
	t.Log(lines[len(lines)-1])
}

// TestTracker is about what pyzmq's own test_tracker is about. That one counts on a body
// of 9 bytes still being in use when it has been sent, where this library has copied it
// and may have said so already.
func TestTracker(t *testing.T) {
	needs(t, "python3-zmq", "/usr/bin/python3", "-c", "import zmq")
	if got := run(t, "/usr/bin/python3", "testdata/bindings/tracker.py"); !strings.HasSuffix(got, "ok\n") {
		t.Errorf("%q", got)
	}
}
