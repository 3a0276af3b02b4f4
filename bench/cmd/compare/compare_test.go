// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeroloop/zmq/bench/internal/drivers"
	"github.com/zeroloop/zmq/bench/internal/report"
	"github.com/zeroloop/zmq/bench/internal/scenario"
)

func TestParseFlags(t *testing.T) {
	s, err := parseFlags([]string{"-quick", "-only", "tcp-thr,libzmq", "-out", "/some/where"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.quick || s.rounds < 5 || s.budget >= 2*time.Minute || !s.only.Peer("libzmq") || s.only.Peer("nng") {
		t.Errorf("got %+v", s)
	}
	if s.command != "compare -only=tcp-thr,libzmq -quick=true" {
		t.Errorf("command line %q, want it without the path", s.command)
	}
	if s, err = parseFlags(nil); err != nil || s.budget >= 20*time.Minute || s.rounds < 5 {
		t.Errorf("the default is %+v, %v; want 5 rounds in less than 20 minutes", s, err)
	}
	for _, bad := range [][]string{{"-only", "nothing"}, {"-rounds", "0"}, {"-time", "-1s"}, {"word"}, {"-limit", "0"}} {
		if _, err := parseFlags(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestHelpNamesPeersAndScenarios(t *testing.T) {
	old := os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = w
	_, err = parseFlags([]string{"--help"})
	os.Stderr = old
	w.Close()
	if !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append(drivers.Names(), scenario.Names()...) {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("--help does not name %s", want)
		}
	}
}

// A whole run with the one peer that builds wherever Go does.
func TestRunWritesItsFiles(t *testing.T) {
	out := t.TempDir()
	s, err := parseFlags([]string{"-only", "raw-go,tcp,router,64,100", "-rounds", "2", "-time", "10ms", "-out", out})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"report.txt": "raw-go", "results.csv": "tcp-lat,64,1,raw-go,2",
		"run.json": `"complete": true`, "tcp-thr.svg": "<svg", "router.svg": "<svg", "tcp-lat-p99.svg": "<svg"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, %q is missing", name, err, want)
		}
	}
}

func TestResultsAreNeverOverwritten(t *testing.T) {
	r := &runner{started: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC),
		report: &report.Run{Machine: report.Machine{OS: "linux", Arch: "amd64", CPUs: 2}}}
	root := t.TempDir()
	var names []string
	for range 3 {
		dir, err := r.makeDir(root)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Base(dir))
	}
	want := []string{"2030-01-02-linux-amd64-2cpu", "2030-01-02-linux-amd64-2cpu-2", "2030-01-02-linux-amd64-2cpu-3"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}
