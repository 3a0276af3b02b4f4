// SPDX-License-Identifier: MPL-2.0

// Compare measures this library, other messaging libraries and bare sockets
// side by side, and writes a table, CSV, JSON and SVG plots:
//
//	go run -C bench ./cmd/compare
//
// Reading order: main.go (flags), measure.go (the run), output.go (files).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/zeroloop/zmq/bench/internal/drivers"
	"github.com/zeroloop/zmq/bench/internal/scenario"
)

const (
	roundsMin   = 5
	fullBudget  = 17 * time.Minute
	quickBudget = 95 * time.Second
	quickLimit  = 6 * time.Second // of one measurement: one that hangs must not use up the run
)

// settings are the parsed flags.
type settings struct {
	quick   bool
	only    scenario.Selection
	rounds  int
	want    time.Duration // of one measurement, if the budget allows
	budget  time.Duration // of the whole run
	limit   time.Duration // of one measurement with all its processes
	out     string        // directory of the results; empty for the default
	command string        // the command line without paths
	list    bool
}

func main() {
	s, err := parseFlags(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = run(ctx, s)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func parseFlags(argv []string) (settings, error) {
	var s settings
	var only string
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.BoolVar(&s.quick, "quick", false, "a few points of most scenarios, in less than 2 minutes")
	f.StringVar(&only, "only", "", "comma-separated `list` of peers, scenarios (also tcp, ipc, inproc, thr,\n"+
		"lat) and points (sizes or numbers of connections) to measure")
	f.IntVar(&s.rounds, "rounds", roundsMin, "interleaved rounds; fewer than 5 are for trying out only")
	f.DurationVar(&s.want, "time", 750*time.Millisecond, "`duration` of one measurement, if the budget allows")
	f.DurationVar(&s.budget, "budget", 0, "`duration` of the whole run (default 17m, with -quick 1m35s)")
	f.DurationVar(&s.limit, "limit", 30*time.Second, "time limit of one measurement")
	f.StringVar(&s.out, "out", "", "`directory` of the results (default results/<date>-<system>)")
	f.BoolVar(&s.list, "list", false, "list peers and scenarios and exit")
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "Usage: go run -C bench ./cmd/compare [flags]\n\n"+
			"Measures side by side, over loopback only, and prints medians and ratios.\n"+
			"Peers:     %s\nScenarios: %s\n\n",
			strings.Join(drivers.Names(), " "), strings.Join(scenario.Names(), " "))
		f.PrintDefaults()
	}
	if err := f.Parse(argv); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unknown argument %q; see -help", f.Arg(0))
	}
	if s.rounds < 1 || s.want <= 0 || s.limit <= 0 || s.budget < 0 {
		return s, errors.New("rounds and durations must be positive")
	}
	if s.budget == 0 {
		s.budget = fullBudget
		if s.quick {
			s.budget = quickBudget
			s.limit = min(s.limit, quickLimit)
		}
	}
	s.command = commandLine(f)
	var err error
	s.only, err = scenario.ParseOnly(only, drivers.Names())
	return s, err
}

// commandLine repeats the flags that were given, except the one that holds a
// path of this machine.
func commandLine(f *flag.FlagSet) string {
	words := []string{"compare"}
	f.Visit(func(g *flag.Flag) {
		if g.Name != "out" {
			words = append(words, "-"+g.Name+"="+g.Value.String())
		}
	})
	return strings.Join(words, " ")
}

// list prints what can be measured.
func list() {
	fmt.Println("peers:")
	for _, p := range drivers.Catalogue {
		fmt.Printf("  %-14s %s\n", p.Name, p.Title)
	}
	fmt.Println("scenarios:")
	for i := range scenario.Catalogue {
		s := &scenario.Catalogue[i]
		var points []string
		for _, c := range s.Cases(false) {
			points = append(points, fmt.Sprint(c.Point()))
		}
		fmt.Printf("  %-14s %s: %s\n", s.Name, s.Title, strings.Join(points, " "))
	}
}
