// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zeroloop/zmq/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func runWith(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var out, complaints bytes.Buffer
	code = run(ctx, args, &out, &complaints)
	return code, out.String(), complaints.String()
}

// TestDemo: every pattern says the same over tcp and over inproc.
func TestDemo(t *testing.T) {
	code, out, complaints := runWith(t, "demo", "--time=1ms")
	if code != exitOK || complaints != "" {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	for _, line := range []string{
		`The client asked "hello", the server answered "hello yourself"\.`,
		`The client asked "what is 6 times 7\?", the server answered "42"\.`,
		`The subscriber to "weather\." got "weather\.oslo 3 degrees", "weather\.rome 21 degrees"\.`,
		`The subscriber to "sport\." got "sport\.chess 1:0"\.`,
		`The source handed out the numbers 1 to 300, 3 workers squared \d+, \d+, \d+ of them,`,
		`the sink added up 9045050\.`,
	} {
		if n := len(regexp.MustCompile(`(?m) `+line+`$`).FindAllString(out, -1)); n != len(transports) {
			t.Errorf("%d times %s", n, line)
		}
	}
	for _, row := range []string{"tcp +64", "tcp +4096", "inproc +64", "inproc +4096"} {
		if !regexp.MustCompile(`(?m)^  ` + row + ` B +\d+\.\d us +[1-9]\d* +\d+$`).MatchString(out) {
			t.Errorf("no figures for %s", row)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestDemoWithoutFigures(t *testing.T) {
	code, out, complaints := runWith(t, "demo", "--time=0")
	if code != exitOK || complaints != "" {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	if strings.Contains(out, "MB/s") || !strings.Contains(out, "9045050") {
		t.Errorf("prints %s", out)
	}
}

// TestInterrupted: the end of the context ends the demonstration.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, complaints bytes.Buffer
	code := run(ctx, []string{"demo"}, &out, &complaints)
	if code != exitFailure || !strings.Contains(complaints.String(), context.Canceled.Error()) {
		t.Errorf("exit code %d, %q", code, complaints.String())
	}
}

func TestCommandLine(t *testing.T) {
	for _, x := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"version", exitOK, "follows libzmq 4.3.6", ""},
		{"--help", exitOK, "nothing to configure", ""},
		{"demo --help", exitOK, "--time=250ms", ""},
		{"", exitUsage, "", `expected one of "demo", "curve", "version"`},
		{"dance", exitUsage, "", "dance"},
		{"demo --time=-1s", exitUsage, "", "must be from 0 to 1m0s"},
		{"demo --time=2m", exitUsage, "", "must be from 0 to 1m0s"},
		{"demo --time=soon", exitUsage, "", "soon"},
		{"version now", exitUsage, "", "now"},
	} {
		t.Run(x.args, func(t *testing.T) {
			code, out, complaints := runWith(t, strings.Fields(x.args)...)
			if code != x.code {
				t.Errorf("exit code %d, want %d", code, x.code)
			}
			if !strings.Contains(out, x.stdout) || (out == "") != (x.stdout == "") {
				t.Errorf("prints %q, want %q", out, x.stdout)
			}
			if !strings.Contains(complaints, x.stderr) || (complaints == "") != (x.stderr == "") {
				t.Errorf("complains %q, want %q", complaints, x.stderr)
			}
		})
	}
}

// TestTogether: the first failure ends the others and is the result.
func TestTogether(t *testing.T) {
	want := errors.New("the first")
	err := together(context.Background(),
		func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		func(context.Context) error { return want })
	if err != want {
		t.Errorf("got %v, want %v", err, want)
	}
	if err := together(context.Background(), func(context.Context) error { return nil }); err != nil {
		t.Errorf("got %v without a failure", err)
	}
}
