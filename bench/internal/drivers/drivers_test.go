// SPDX-License-Identifier: MPL-2.0

package drivers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/scenario"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// The test binary is also the driver: these variables of the environment say
// which one.
const (
	driverEnv = "BENCH_TEST_DRIVER"
	limit     = 20 * time.Second
)

func TestMain(m *testing.M) {
	program := filepath.Base(os.Args[0])
	for _, name := range perfPrograms {
		if program == name {
			runPerf(program)
		}
	}
	switch fault := os.Getenv(driverEnv); fault {
	case "":
		os.Exit(m.Run())
	case "framed":
		peer.Main(framed)
	default:
		peer.Main(faulty(fault))
	}
}

// runPerf does as the perf programs of the parent module, apart from work.
func runPerf(program string) {
	switch program {
	case "local_thr", "inproc_thr":
		fmt.Print("message size: 64 [B]\nmessage count: 1000\nmean throughput: 2000 [msg/s]\nmean throughput: 1.024 [Mb/s]\n")
	case "remote_lat", "inproc_lat":
		fmt.Print("message size: 64 [B]\nroundtrip count: 1000\naverage latency: 12.500 [us]\n")
	}
	os.Exit(0)
}

// testDriver makes the test binary a driver.
func testDriver(t *testing.T, kind string) Driver {
	t.Helper()
	t.Setenv(driverEnv, kind)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v, err := askVersion(t.Context(), exe)
	if err != nil {
		t.Fatal(err)
	}
	return Driver{Peer: Peer{Name: "framed"}, Path: exe, Version: v}
}

func newRunner(t *testing.T) *Runner {
	t.Helper()
	dir, err := os.MkdirTemp("", "drv") // t.TempDir is too long for an ipc path on some systems
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return &Runner{Dir: dir, Limit: limit}
}

func caseOf(t *testing.T, name string) scenario.Case {
	t.Helper()
	i := slices.Index(scenario.Names(), name)
	if i < 0 {
		t.Fatalf("no scenario %s", name)
	}
	return scenario.Catalogue[i].Cases(false)[0]
}

// familyOnly need more of a library than the test driver has.
var familyOnly = []string{"proxy-xpub", "proxy-call", "shared", "rate", "idle", "topics"}

func TestEveryScenarioRuns(t *testing.T) {
	d, r := testDriver(t, "framed"), newRunner(t)
	const count = 200
	for _, name := range scenario.Names() {
		c := caseOf(t, name)
		if !d.Can(c.Scenario) {
			if !slices.Contains(familyOnly, name) {
				t.Errorf("%s: the test driver cannot take part", name)
			}
			continue
		}
		o, err := r.Run(t.Context(), d, c, count)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := int64(count); o.Messages != want || o.Expected != want || o.Size != c.Size {
			t.Errorf("%s: %d of %d messages of %d bytes, want %d of %d bytes",
				name, o.Messages, o.Expected, o.Size, want, c.Size)
		}
		if o.CPUUser+o.CPUSys <= 0 || o.RSSKB < 1000 || o.Elapsed <= 0 {
			t.Errorf("%s: cpu %v+%v s, rss %d KiB, elapsed %v", name, o.CPUUser, o.CPUSys, o.RSSKB, o.Elapsed)
		}
		needsLatency := c.Metric == scenario.Latency || name == "router"
		if needsLatency != (o.Latency != nil) {
			t.Errorf("%s: latency %+v", name, o.Latency)
		} else if needsLatency && (o.Latency.Count != count || o.Latency.P50NS > o.Latency.P99NS) {
			t.Errorf("%s: %d round trips of %d, %+v", name, o.Latency.Count, count, o.Latency)
		}
	}
}

func TestDeliveriesAreCountedAtTheReceivers(t *testing.T) {
	d, r := testDriver(t, "framed"), newRunner(t)
	c := caseOf(t, "pub")
	c.N = 7
	o, err := r.Run(t.Context(), d, c, 30)
	if err != nil || o.Messages != 7*30 {
		t.Errorf("%d deliveries, %v; want 210", o.Messages, err)
	}
}

func TestLimitEndsAllProcesses(t *testing.T) {
	d, r := testDriver(t, "hang"), newRunner(t)
	r.Limit = 300 * time.Millisecond
	s := &session{failed: make(chan error, 2)}
	ctx, cancel := context.WithTimeout(t.Context(), r.Limit)
	defer cancel()
	measured, err := r.start(ctx, s, d, caseOf(t, "tcp-thr"), 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.await(ctx, measured.done); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("await: %v, want the deadline", err)
	}
	for _, ch := range s.children {
		ch.kill()
		if err := syscall.Kill(ch.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("%s lives on: %v", ch.name, err)
		}
	}
	if _, err := r.Run(t.Context(), d, caseOf(t, "tcp-thr"), 10); err == nil || !strings.Contains(err.Error(), "not done within") {
		t.Errorf("Run: %v, want the limit as the reason", err)
	}
}

func TestFailureOfAHelperEndsTheMeasurement(t *testing.T) {
	d, r := testDriver(t, "fail"), newRunner(t)
	began := time.Now()
	_, err := r.Run(t.Context(), d, caseOf(t, "tcp-thr"), 10)
	if err == nil || !strings.Contains(err.Error(), "planned failure") {
		t.Fatalf("got %v, want the helper's own words", err)
	}
	if time.Since(began) > limit/2 {
		t.Errorf("it took %v", time.Since(began))
	}
	if text := Reason(err); strings.Contains(text, "somewhere") || !strings.Contains(text, "ipc://…/1.s") {
		t.Errorf("reason %q has the path", text)
	}
}

func TestPerfPrograms(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range perfPrograms {
		if err := os.Symlink(exe, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	d := Driver{Peer: Peer{Name: OursPerf, Perf: true}, Path: dir, Version: wire.Version{Version: "x", Commands: perfCommands}}
	r := newRunner(t)
	for name, seconds := range map[string]float64{"tcp-thr": 0.5, "ipc-thr": 0.5, "inproc-thr": 0.5,
		"tcp-lat": 0.025, "inproc-lat": 0.025} {
		o, err := r.Run(t.Context(), d, caseOf(t, name), 1000)
		if err != nil || math.Abs(o.Seconds-seconds) > 1e-9 || o.Messages != 1000 {
			t.Errorf("%s: %d messages in %v s, %v; want 1000 in %v s", name, o.Messages, o.Seconds, err, seconds)
		}
	}
	for _, name := range []string{"pub", "fanin", "router", "proxy"} {
		if c := caseOf(t, name); d.Can(c.Scenario) {
			t.Errorf("perf programs are asked for %s", name)
		}
	}
}

func TestPerfCommandLines(t *testing.T) {
	r := &Runner{Dir: "/d"}
	d := Driver{Peer: Peer{Perf: true}, Path: "/bin"}
	c := caseOf(t, "ipc-lat")
	path, argv, bound, err := r.perfCommand(d, c, wire.Rep, 5, nil)
	if err != nil || path != "/bin/local_lat" || !slices.Equal(argv, []string{"ipc:///d/1.s", "1", "5"}) {
		t.Errorf("rep is %s %q, %v", path, argv, err)
	}
	path, argv, _, _ = r.perfCommand(d, c, wire.Req, 5, bound)
	if path != "/bin/remote_lat" || !slices.Equal(argv, []string{"ipc:///d/1.s", "1", "5"}) {
		t.Errorf("req is %s %q", path, argv)
	}
	_, argv, _, err = r.perfCommand(d, caseOf(t, "tcp-thr"), wire.Pull, 5, nil)
	if err != nil || strings.HasSuffix(argv[0], ":0") || !strings.HasPrefix(argv[0], "tcp://127.0.0.1:") {
		t.Errorf("pull is %q, %v; want a port that remote_thr can be told", argv, err)
	}
}

func TestParsePerfRejects(t *testing.T) {
	c := caseOf(t, "tcp-thr")
	for _, text := range []string{"", "mean throughput: 0 [msg/s]", "mean throughput: x [msg/s]",
		"mean throughput: 5 [Mb/s]", "average latency: 5 [us]", "mean throughput: -5 [msg/s]",
		"mean throughput: NaN [msg/s]", "mean throughput: Inf [msg/s]"} {
		if r, err := ParsePerf(text, c, 10); err == nil {
			t.Errorf("%q gave %+v", text, r)
		}
	}
}

func TestAbsentPeerTellsHowToInstall(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := FindRoot(wd)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir()) // neither gcc nor go
	for _, p := range Catalogue {
		d := Build(t.Context(), p, root, t.TempDir())
		if d.Absent == "" || strings.Contains(d.Absent, root) {
			t.Errorf("%s: absent because of %q", p.Name, d.Absent)
		}
		if p.C != "" && !strings.HasPrefix(p.Install, "apt-get install") {
			t.Errorf("%s does not say how to install it", p.Name)
		}
		if d.Can(&scenario.Catalogue[0]) {
			t.Errorf("%s takes part although it is absent", p.Name)
		}
	}
}

func TestReason(t *testing.T) {
	for in, want := range map[string]string{
		"open /home/me/x.go: no":                "open …/x.go: no",
		"need github.com/a/b and tcp://1.2:3":   "need github.com/a/b and tcp://1.2:3",
		"two\n lines":                           "two lines",
		`"/root/go/pkg/mod" and (/usr/lib/x.a)`: `"…/mod" and (…/x.a)`,
	} {
		if got := Reason(errors.New(in)); got != want {
			t.Errorf("Reason(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Reason(errors.New(strings.Repeat("ä", 500))); len(got) > reasonMax+len("…") {
		t.Errorf("%d bytes, want at most %d", len(got), reasonMax)
	}
}

func TestParseHighWater(t *testing.T) {
	if got := parseHighWater("VmPeak:\t 9 kB\nVmHWM:\t  1234 kB\n"); got != 1234 {
		t.Errorf("got %d", got)
	}
	for _, bad := range []string{"", "VmHWM:", "VmHWM: x"} {
		if got := parseHighWater(bad); got != 0 {
			t.Errorf("%q gave %d", bad, got)
		}
	}
}
