// SPDX-License-Identifier: MPL-2.0

package leaktest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shortPatience is for leaks that are planted and will not go away.
const shortPatience = 20 * time.Millisecond

// TestMain does by itself what Main does: if run lost the code of the tests,
// Main would hide that they noticed.
func TestMain(m *testing.M) {
	before := take()
	code := m.Run()
	if left := waitGone(before, patience); code == 0 && len(left) != 0 {
		fmt.Println(strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// tests stands for a testing.M.
type tests func() int

func (f tests) Run() int { return f() }

// recorder is a testing.TB that keeps what Check does with it.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// plantedGoroutine starts a goroutine that ends when stop is called.
func plantedGoroutine() (stop func()) {
	quit, gone := make(chan struct{}), make(chan struct{})
	go waitPlanted(quit, gone)
	return func() { close(quit); <-gone }
}

// waitPlanted is the function to be found in the report.
func waitPlanted(quit, gone chan struct{}) { <-quit; close(gone) }

func TestCheckFindsPlantedGoroutine(t *testing.T) {
	r := &recorder{TB: t}
	check(r, shortPatience)
	stop := plantedGoroutine()
	defer stop()
	r.cleanups[0]()
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "leaktest.waitPlanted") {
		t.Errorf("got %q, want one report with the stack of waitPlanted", r.errors)
	}
}

func TestCheckFindsPlantedFD(t *testing.T) {
	r := &recorder{TB: t}
	check(r, shortPatience)
	p, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer w.Close()
	r.cleanups[0]()
	if len(r.errors) != 1 || strings.Count(r.errors[0], "file descriptor ") != 2 {
		t.Errorf("got %q, want one report of two descriptors", r.errors)
	}
}

func TestCheckAcceptsWhatIsGone(t *testing.T) {
	r := &recorder{TB: t}
	check(r, shortPatience)
	plantedGoroutine()()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	r.cleanups[0]()
	if len(r.errors) != 0 {
		t.Errorf("reported %q", r.errors)
	}
}

func TestCheckWaitsForTheSlow(t *testing.T) {
	r := &recorder{TB: t}
	check(r, patience)
	stop := plantedGoroutine()
	time.AfterFunc(5*pauseMin, stop)
	r.cleanups[0]()
	if len(r.errors) != 0 {
		t.Errorf("did not wait: %q", r.errors)
	}
}

func TestCheckIgnoresOlderOnes(t *testing.T) {
	stop := plantedGoroutine()
	defer stop()
	Check(t) // would fail this test
}

func TestSignalGoroutineIsNoLeak(t *testing.T) {
	Check(t)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	signal.Stop(c)
}

func TestMainReportsLeak(t *testing.T) {
	var out bytes.Buffer
	var stop func()
	code := run(tests(func() int { stop = plantedGoroutine(); return 0 }), &out, shortPatience)
	stop()
	if code != 1 || !strings.Contains(out.String(), "leaktest.waitPlanted") {
		t.Errorf("code %d, report %q", code, out.String())
	}
}

func TestMainKeepsTheCodeOfTheTests(t *testing.T) {
	for _, want := range []int{0, 1, 2} {
		var out bytes.Buffer
		if got := run(tests(func() int { return want }), &out, shortPatience); got != want || out.Len() != 0 {
			t.Errorf("code %d, want %d; report %q", got, want, out.String())
		}
	}
}

func TestUnreadableFDsAreReported(t *testing.T) {
	broken := snapshot{err: os.ErrPermission}
	if left := leftovers(broken, snapshot{}); len(left) != 1 {
		t.Errorf("got %q, want the error", left)
	}
}

func TestFDsCountsOpenFiles(t *testing.T) {
	before, err := FDs()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := FDs(); err != nil || got != before+1 {
		t.Errorf("%d descriptors (%v), want %d", got, err, before+1)
	}
}

func TestFDsCountsNoneOfItsOwn(t *testing.T) {
	got, err := FDs()
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for fd := range 1024 { // far more than are open here
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) == nil {
			want++
		}
	}
	if got != want {
		t.Errorf("%d descriptors, want %d", got, want)
	}
}

func TestManyGoroutinesAreAllSeen(t *testing.T) {
	const many = 1000 // more text than stackBytesMin
	stops := make([]func(), many)
	for i := range stops {
		stops[i] = plantedGoroutine()
	}
	count, seen := Goroutines(), 0
	for _, stack := range stacks() {
		if strings.Contains(stack, "leaktest.waitPlanted") || strings.Contains(stack, "leaktest.plantedGoroutine") {
			seen++
		}
	}
	for _, stop := range stops {
		stop()
	}
	if seen != many || count < many+2 { // and main, and this test
		t.Errorf("%d stacks and %d goroutines, want %d and %d or more", seen, count, many, many+2)
	}
}
