// SPDX-License-Identifier: MPL-2.0

package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience bounds every wait of these tests; none of them depends on its length.
const patience = 60 * time.Second

// outcome is what one run of a program left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

func start(p *Program, args ...string) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		var stdout, stderr bytes.Buffer
		code := p.main(args, &stdout, &stderr)
		done <- outcome{code, stdout.String(), stderr.String()}
	}()
	return done
}

func wait(t *testing.T, p *Program, done <-chan outcome) outcome {
	t.Helper()
	select {
	case o := <-done:
		return o
	case <-time.After(patience):
		t.Fatalf("%s does not end", p.Name)
		return outcome{}
	}
}

// wantReport checks a program's output against the lines of libzmq's.
func wantReport(t *testing.T, p *Program, o outcome, lines ...string) {
	t.Helper()
	if o.code != exitOK || o.stderr != "" {
		t.Fatalf("%s: exit code %d: %s", p.Name, o.code, o.stderr)
	}
	want := regexp.MustCompile("^" + strings.Join(lines, "\n") + "$")
	if !want.MatchString(o.stdout) {
		t.Errorf("%s prints\n%swant\n%s", p.Name, o.stdout, want)
	}
}

func latencyLines(size, count string) []string {
	return []string{
		`message size: ` + size + ` \[B\]`, `roundtrip count: ` + count,
		`average latency: \d+\.\d{3} \[us\]`, ``,
	}
}

func throughputLines(size, count string) []string {
	return []string{
		`message size: ` + size + ` \[B\]`, `message count: ` + count,
		`mean throughput: \d+ \[msg/s\]`, `mean throughput: \d+\.\d{3} \[Mb/s\]`, ``,
	}
}

// sizes are of messages that are copied, that are referred to, and that are
// nothing.
var sizes = []string{"0", "1", "30", "10000"}

func TestOneProcess(t *testing.T) {
	for _, size := range sizes {
		for _, x := range []struct {
			p     *Program
			lines func(size, count string) []string
		}{
			{&InprocLat, latencyLines},
			{&InprocThr, throughputLines},
			{&ProxyThr, throughputLines},
		} {
			for _, count := range []string{"1", "3001"} {
				t.Run(x.p.Name+"/"+size+"/"+count, func(t *testing.T) {
					o := wait(t, x.p, start(x.p, size, count))
					wantReport(t, x.p, o, x.lines(size, count)...)
				})
			}
		}
	}
}

// freePort returns a tcp endpoint that was free a moment ago.
func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "tcp://" + l.Addr().String()
}

func TestTwoProcesses(t *testing.T) {
	const count = "2000"
	for _, size := range sizes {
		for name, endpoint := range map[string]string{
			"tcp": freePort(t), "ipc": "ipc://" + filepath.Join(t.TempDir(), "s"),
		} {
			t.Run("lat/"+name+"/"+size, func(t *testing.T) {
				local := start(&LocalLat, endpoint, size, count)
				remote := start(&RemoteLat, endpoint, size, count)
				wantReport(t, &RemoteLat, wait(t, &RemoteLat, remote), latencyLines(size, count)...)
				wantReport(t, &LocalLat, wait(t, &LocalLat, local), "")
			})
			t.Run("thr/"+name+"/"+size, func(t *testing.T) {
				local := start(&LocalThr, endpoint, size, count)
				remote := start(&RemoteThr, endpoint, size, count)
				wantReport(t, &LocalThr, wait(t, &LocalThr, local), throughputLines(size, count)...)
				wantReport(t, &RemoteThr, wait(t, &RemoteThr, remote), "")
			})
		}
	}
}

// TestWrongSize: a receiver does not count messages of another size.
func TestWrongSize(t *testing.T) {
	endpoint := "ipc://" + filepath.Join(t.TempDir(), "s")
	local := start(&LocalThr, endpoint, "20", "5")
	remote := start(&RemoteThr, endpoint, "10", "5")
	o := wait(t, &LocalThr, local)
	if o.code != exitFailure || !strings.Contains(o.stderr, "message 1 has 10 bytes") || o.stdout != "" {
		t.Errorf("exit code %d, %q, %q", o.code, o.stdout, o.stderr)
	}
	wait(t, &RemoteThr, remote)
}

func TestArguments(t *testing.T) {
	for _, x := range []struct {
		p      *Program
		args   string
		code   int
		stdout string
		stderr string
	}{
		{&LocalThr, "", exitUsage, "", "0 arguments, want 3"},
		{&LocalThr, "tcp://127.0.0.1:1 1", exitUsage, "", "2 arguments, want 3"},
		{&LocalThr, "tcp://127.0.0.1:1 1 1 1", exitUsage, "", "4 arguments, want 3"},
		{&InprocThr, "inproc://x 1 1", exitUsage, "", "3 arguments, want 2"},
		{&LocalThr, "127.0.0.1:1 1 1", exitUsage, "", `<bind-to> "127.0.0.1:1" is not of the form`},
		{&RemoteLat, "x 1 1", exitUsage, "", `<connect-to> "x" is not of the form`},
		{&InprocThr, "x 1", exitUsage, "", `<message-size> "x" is not a number`},
		{&InprocThr, "-1 1", exitUsage, "", "<message-size> -1 is not between 0 and 1073741824"},
		{&InprocThr, "1073741825 1", exitUsage, "", "is not between"},
		{&InprocThr, "99999999999999999999 1", exitUsage, "", "is not between"},
		{&InprocThr, "1 1.5", exitUsage, "", `<message-count> "1.5" is not a number`},
		{&InprocLat, "1 0", exitUsage, "", "<roundtrip-count> 0 is not between 1 and 2147483647"},
		{&InprocThr, "1 2147483648", exitUsage, "", "is not between"},
		{&LocalThr, "no://such 1 1", exitFailure, "", "bind no://such: transport not supported"},
		{&LocalLat, "-h", exitOK, "usage: local_lat <bind-to> <message-size> <roundtrip-count>\n", ""},
		{&ProxyThr, "1 --help", exitOK, "usage: proxy_thr <message-size> <message-count>\n", ""},
	} {
		t.Run(x.p.Name+" "+x.args, func(t *testing.T) {
			o := wait(t, x.p, start(x.p, strings.Fields(x.args)...))
			if o.code != x.code {
				t.Errorf("exit code %d, want %d", o.code, x.code)
			}
			if !strings.HasPrefix(o.stdout, x.stdout) || (o.stdout == "") != (x.stdout == "") {
				t.Errorf("prints %q, want %q", o.stdout, x.stdout)
			}
			if !strings.Contains(o.stderr, x.stderr) || (o.stderr == "") != (x.stderr == "") {
				t.Errorf("complains %q, want %q", o.stderr, x.stderr)
			}
			if x.code == exitUsage && !strings.Contains(o.stderr, "usage: "+x.p.Name+" <") {
				t.Errorf("complains without a usage line: %q", o.stderr)
			}
		})
	}
}

// TestReports: the arithmetic, as libzmq does it.
func TestReports(t *testing.T) {
	a := Args{Size: 1000, Count: 500}
	for _, x := range []struct {
		report  func(io.Writer, Args, time.Duration) error
		elapsed time.Duration
		want    string
	}{
		{reportLatency, 250 * time.Millisecond, "average latency: 250.000 [us]\n"},
		{reportThroughput, 250 * time.Millisecond, "mean throughput: 2000 [msg/s]\nmean throughput: 16.000 [Mb/s]\n"},
		{reportThroughput, 0, "mean throughput: 500000000 [msg/s]\nmean throughput: 4000000.000 [Mb/s]\n"},
	} {
		var b strings.Builder
		if err := x.report(&b, a, x.elapsed); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(b.String(), x.want) {
			t.Errorf("%q does not end with %q", b.String(), x.want)
		}
	}
}

// TestConcurrently: the first failure ends the others and is the result.
func TestConcurrently(t *testing.T) {
	want := errors.New("the first")
	err := concurrently(context.Background(),
		func(ctx context.Context) error { <-ctx.Done(); return fmt.Errorf("late: %w", ctx.Err()) },
		func(context.Context) error { return nil },
		func(context.Context) error { return want })
	if err != want {
		t.Errorf("got %v, want %v", err, want)
	}
	if err := concurrently(context.Background(), func(context.Context) error { return nil }); err != nil {
		t.Errorf("got %v without a failure", err)
	}
}
