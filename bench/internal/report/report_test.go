// SPDX-License-Identifier: MPL-2.0

package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeroloop/zmq/bench/internal/drivers"
	"github.com/zeroloop/zmq/bench/internal/scenario"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

func outcome(messages, expected int64, seconds float64, l *wire.Latency) drivers.Outcome {
	return drivers.Outcome{Result: wire.Result{Messages: messages, Expected: expected, Seconds: seconds,
		RSSKB: 2048, Latency: l}, CPUUser: 0.3, CPUSys: 0.2}
}

// sample is a run with a peer that fails, one that is absent and one that
// loses messages.
func sample() *Run {
	thr := scenario.Catalogue[slices.Index(scenario.Names(), "tcp-thr")]
	lat := scenario.Catalogue[slices.Index(scenario.Names(), "tcp-lat")]
	pub := scenario.Catalogue[slices.Index(scenario.Names(), "pub")]
	r := &Run{Machine: Machine{CPU: "Some CPU", CPUs: 2, OS: "linux", Arch: "amd64", Kernel: "Linux 1",
		Go: "go1", Command: "compare -quick"}, Started: time.Date(2030, 2, 3, 4, 5, 6, 0, time.UTC),
		Rounds: 3, Complete: true}
	for _, d := range []drivers.Driver{{Peer: drivers.Peer{Name: drivers.Ours}}, {Peer: drivers.Peer{Name: drivers.Libzmq}},
		{Peer: drivers.Peer{Name: "nng", Install: "apt-get install -y libnng-dev"}, Absent: "nng.h: no such file"}} {
		r.Drivers = append(r.Drivers, d)
	}
	l := &wire.Latency{Count: 10, P50NS: 20000, P99NS: 90000, P999NS: 95000}
	for _, size := range []int{64, 1024} {
		c := scenario.Case{Scenario: &thr, Size: size, N: 1}
		ours, libzmq := Cell{Case: c, Peer: drivers.Ours}, Cell{Case: c, Peer: drivers.Libzmq}
		for i := range 3 {
			ours.Rounds = append(ours.Rounds, NewRound(outcome(3000*int64(i+1), 3000*int64(i+1), 0.001, nil), nil))
			libzmq.Rounds = append(libzmq.Rounds, NewRound(outcome(2000, 2000, 0.001, nil), nil))
		}
		libzmq.Rounds[2] = NewRound(drivers.Outcome{}, errors.New("open /home/somebody/x.sock: gone"))
		r.Cells = append(r.Cells, ours, libzmq)
	}
	c := scenario.Case{Scenario: &lat, Size: 64, N: 1}
	r.Cells = append(r.Cells, Cell{Case: c, Peer: drivers.Libzmq,
		Rounds: []Round{NewRound(outcome(10, 10, 0.0004, l), nil)}}, Cell{Case: c, Peer: drivers.Ours, Error: "no"})
	c = scenario.Case{Scenario: &pub, Size: 64, N: 10}
	r.Cells = append(r.Cells, Cell{Case: c, Peer: drivers.Libzmq,
		Rounds: []Round{NewRound(outcome(900, 1000, 0.5, nil), nil)}})
	return r
}

func TestTextReport(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"6.00M ±50%", "2.00M ±0%", "3.00", "1.50 to 3.00", "ABSENT: nng.h",
		"to install: apt-get install -y libnng-dev", "20.0", "1800 lost 10.0%", "failed: tcp-lat 64 B, zeroloop: no"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "somebody") {
		t.Errorf("a path of the machine is in\n%s", text)
	}
	if strings.Contains(text, "INCOMPLETE") {
		t.Errorf("a complete run is called incomplete")
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestTextReportTellsWriteErrors(t *testing.T) {
	if err := sample().WriteText(failingWriter{}); err != io.ErrShortWrite {
		t.Errorf("got %v, want the writer's error", err)
	}
}

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	get := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	for _, c := range []struct {
		row          int
		column, want string
	}{
		{1, "peer", "zeroloop"}, {1, "msgs_per_s", "6e+06"}, {1, "msgs_per_s_max", "9e+06"},
		{1, "ratio_to_libzmq", "3"}, {1, "oneway_mean_us", ""}, {1, "cpu_s_per_million", "83.3333"},
		{2, "ratio_to_libzmq", ""}, {2, "rounds", "2"}, {3, "mb_per_s", "6144"}, {1, "peak_rss_mib", "2"},
		{5, "oneway_mean_us", "20"}, {5, "rtt_p99_us", "90"}, {6, "error", "no"}, {7, "lost_share", "0.1"},
	} {
		if got := get(c.row, c.column); got != c.want {
			t.Errorf("row %d %s = %q, want %q", c.row, c.column, got, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got jsonRun
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Cells) != 7 || got.Cells[0].Rounds[2].Messages != 9000 || got.Machine.CPU != "Some CPU" ||
		got.Peers[2].Absent == "" || got.Started != "2030-02-03T04:05:06Z" {
		t.Errorf("read back %+v", got)
	}
	if host, err := os.Hostname(); err == nil && strings.Contains(b.String(), `"`+host+`"`) {
		t.Errorf("the host's name is in the report")
	}
}

func TestPlots(t *testing.T) {
	var names []string
	for _, p := range sample().Plots() {
		names = append(names, p.Name)
		var b bytes.Buffer
		if err := p.WriteSVG(&b); err != nil {
			t.Fatalf("%v: %v", p, err)
		}
		if !strings.Contains(b.String(), "libzmq") {
			t.Errorf("%v does not name libzmq", p)
		}
		d := xml.NewDecoder(&b)
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%v is not XML: %v", p, err)
			}
		}
	}
	if want := []string{"tcp-thr", "tcp-lat", "tcp-lat-p99", "pub"}; !slices.Equal(names, want) {
		t.Errorf("plots %v, want %v", names, want)
	}
}

func TestHuman(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.1234: "0.123", 1.234: "1.23", 12.34: "12.3",
		123.4: "123", 1234: "1234", 12340: "12.3k", 9999.9: "10.0k", 4567890: "4.57M", 2.5e9: "2.50G", 2.5e10: "25.0G"} {
		if got := human(x); got != want {
			t.Errorf("human(%v) = %q, want %q", x, got, want)
		}
	}
	if got := human(math.NaN()); got != "-" {
		t.Errorf("human(NaN) = %q", got)
	}
}

func TestMachine(t *testing.T) {
	if got := parseCPUModel("processor\t: 0\nmodel name\t: A B C\nmodel name\t: D\n"); got != "A B C" {
		t.Errorf("model %q", got)
	}
	m := ThisMachine("libzmq 1", "compare")
	host, err := os.Hostname()
	if err == nil && len(host) > 3 && strings.Contains(m.Kernel, host) {
		t.Errorf("kernel %q has the host's name", m.Kernel)
	}
	m.OS, m.Arch, m.CPUs = "linux", "arm64", 4
	if got := m.DirName(time.Date(2030, 2, 3, 4, 5, 6, 0, time.UTC)); got != "2030-02-03-linux-arm64-4cpu" {
		t.Errorf("directory %q", got)
	}
}
