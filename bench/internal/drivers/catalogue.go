// SPDX-License-Identifier: MPL-2.0

// Package drivers builds the peers of the comparison and runs one measurement
// of one of them: it starts the driver processes of a case, joins them by
// their endpoints, watches their time limit and collects their results.
//
// Reading order: catalogue.go (who takes part), build.go, run.go (one
// measurement), child.go (one process), perf.go (this repository's perf
// programs, which have a grammar of their own).
package drivers

import (
	"slices"

	"github.com/zeroloop/zmq/bench/internal/scenario"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// Names of the peers that the report compares.
const (
	Ours     = "zeroloop"
	OursPerf = "zeroloop-perf"
	OursInC  = "zeroloop-c"
	Libzmq   = "libzmq"
)

// Peer is an implementation that may take part. Exactly one of C, Go and Perf
// says how it is built.
type Peer struct {
	Name    string
	Title   string
	C       string   // source file in bench/c
	Libs    []string // for the C linker
	OnOurs  bool     // the C program runs on this repository's libzmq.so.5
	Go      string   // package in this module
	Cgo     bool
	Tags    string
	Perf    bool   // the perf programs of the parent module
	Install string // command that installs what the build needs
}

// Catalogue is every peer in the order in which a round measures them.
var Catalogue = []Peer{
	{Name: Ours, Title: "this library", Go: "./peers/zeroloop"},
	{Name: Libzmq, Title: "libzmq in C", C: "zmqdrv.c", Libs: []string{"-lzmq"},
		Install: "apt-get install -y gcc libzmq3-dev"},
	{Name: OursInC, Title: "the same C program on our libzmq.so.5", C: "zmqdrv.c", Libs: []string{"-lzmq"},
		OnOurs: true, Install: "apt-get install -y gcc make"},
	{Name: OursPerf, Title: "this library's perf programs", Perf: true},
	{Name: "pebbe", Title: "libzmq through cgo", Go: "./peers/pebbe", Cgo: true, Tags: "libzmq",
		Install: "apt-get install -y gcc pkg-config libzmq3-dev"},
	{Name: "go-zeromq", Title: "go-zeromq/zmq4", Go: "./peers/gozeromq"},
	{Name: "mangos", Title: "mangos", Go: "./peers/mangos"},
	{Name: "nng", Title: "nng in C", C: "nngdrv.c", Libs: []string{"-lnng"},
		Install: "apt-get install -y gcc libnng-dev"},
	{Name: "gnet", Title: "gnet, no messages", Go: "./peers/gnet"},
	{Name: "raw-c", Title: "bare sockets in C", C: "rawdrv.c", Install: "apt-get install -y gcc"},
	{Name: "raw-go", Title: "bare sockets in Go", Go: "./peers/gonet"},
}

// Names lists the peers of the catalogue.
func Names() []string {
	var names []string
	for _, p := range Catalogue {
		names = append(names, p.Name)
	}
	return names
}

// Driver is a peer after the attempt to build it.
type Driver struct {
	Peer
	Path    string // of the program, or for Perf of the directory of programs
	Version wire.Version
	Absent  string // why it cannot take part; empty if it can
}

// Can says whether the driver takes part in the scenario.
func (d Driver) Can(s *scenario.Scenario) bool {
	if d.Absent != "" || d.Perf && s.Axis != scenario.BySize {
		return false
	}
	return !slices.ContainsFunc(s.Commands(), func(c string) bool { return !d.Version.Has(c) })
}
