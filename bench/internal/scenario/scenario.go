// SPDX-License-Identifier: MPL-2.0

// Package scenario says what is measured: the catalogue of scenarios, the
// driver processes each one needs, and the plan, which is the order of all
// measurements of a run.
package scenario

import (
	"fmt"
	"strconv"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

// Metric is what a scenario is about.
type Metric int

// Throughput counts messages at the receiver; Latency times round trips.
const (
	Throughput Metric = iota
	Latency
	Idling // memory and wake-ups of connections that do nothing
)

// Axis is the parameter that varies within a scenario.
type Axis int

// A scenario has one point per size, or one per number of connections or of
// what else its axis counts.
const (
	BySize Axis = iota
	ByConns
	ByRate // messages per second
	ByTopics
	ByGoroutines
)

var axisNames = map[Axis]string{BySize: "bytes", ByConns: "conns", ByRate: "msg/s", ByTopics: "topics",
	ByGoroutines: "goroutines"}

func (a Axis) String() string { return axisNames[a] }

// Placeholders in Step.Args, replaced for each measurement.
const (
	argBind  = "BIND"   // a fresh endpoint of the scenario's transport
	argSize  = "SIZE"   // bytes of one message
	argCount = "COUNT"  // messages
	argConns = "CONNS"  // connections
	argFirst = "FIRST"  // the first endpoint any step has bound
	argNext  = ">OTHER" // the second one, to connect to
	argJoin  = ">FIRST" // the first one, to connect to with a kind that binds as a rule
)

// NoStep is the value of Step.Go in steps that give no go-ahead.
const NoStep = -1

// Step is one driver process of a scenario.
type Step struct {
	Command  string
	Args     []string
	Ready    bool // wait for its READY line before the next step
	Measured bool // its result line is the scenario's result
	Go       int  // after READY, send a line of input to this step; or NoStep
}

// Scenario is one row group of the report.
type Scenario struct {
	Name      string
	Title     string
	Transport string // tcp, ipc or inproc
	Metric    Metric
	Axis      Axis
	Steps     []Step
	Sizes     []int
	Conns     []int
	// Deliveries is set where one counted message of the publisher arrives
	// once per connection.
	Deliveries bool
	quick      []int // the points on the axis that -quick measures
}

// Sizes of the size series, in bytes.
var sizes = []int{1, 16, 64, 256, 1024, 8192, 65536, 1048576}

// Sizes of the secured series, in bytes.
var curveSizes = []int{64, 256, 1024, 8192, 65536}

// Sizes of PAIR's series, in bytes.
var pairSizes = []int{1, 64, 1024, 8192}

// Size used where the number of connections varies.
const fanBytes = 64

var (
	throughputSteps = []Step{
		{Command: wire.Pull, Args: []string{argBind, argSize, argCount, argConns}, Ready: true, Measured: true, Go: NoStep},
		{Command: wire.Push, Args: []string{argFirst, argSize, argCount, argConns}, Go: NoStep},
	}
	latencySteps = []Step{
		{Command: wire.Rep, Args: []string{argBind, argSize}, Ready: true, Go: NoStep},
		{Command: wire.Req, Args: []string{argFirst, argSize, argCount}, Measured: true, Go: NoStep},
	}
	curveThrSteps = []Step{
		{Command: wire.CurvePull, Args: []string{argBind, argSize, argCount, argConns}, Ready: true, Measured: true, Go: NoStep},
		{Command: wire.CurvePush, Args: []string{argFirst, argSize, argCount, argConns}, Go: NoStep},
	}
	curveLatSteps = []Step{
		{Command: wire.CurveRep, Args: []string{argBind, argSize}, Ready: true, Go: NoStep},
		{Command: wire.CurveReq, Args: []string{argFirst, argSize, argCount}, Measured: true, Go: NoStep},
	}
	inprocThrSteps = []Step{
		{Command: wire.InprocThr, Args: []string{argSize, argCount}, Measured: true, Go: NoStep},
	}
	inprocLatSteps = []Step{
		{Command: wire.InprocLat, Args: []string{argSize, argCount}, Measured: true, Go: NoStep},
	}
	pubSteps = []Step{
		{Command: wire.Pub, Args: []string{argBind, argSize, argCount, argConns}, Ready: true, Go: NoStep},
		{Command: wire.Sub, Args: []string{argFirst, argSize, argCount, argConns}, Ready: true, Measured: true, Go: 0},
	}
	routerSteps = []Step{
		{Command: wire.Router, Args: []string{argBind, argSize, argCount, argConns}, Ready: true, Go: NoStep},
		{Command: wire.Dealer, Args: []string{argFirst, argSize, argCount, argConns}, Measured: true, Go: NoStep},
	}
	proxySteps = []Step{
		{Command: wire.Proxy, Args: []string{argBind, argBind}, Ready: true, Go: NoStep},
		{Command: wire.Pull, Args: []string{argNext, argSize, argCount}, Ready: true, Measured: true, Go: NoStep},
		{Command: wire.Push, Args: []string{argFirst, argSize, argCount}, Go: NoStep},
	}
)

// The scenarios of the ZeroMQ family.
var (
	pairSteps = []Step{
		{Command: wire.PairServe, Args: []string{argBind, argSize}, Ready: true, Go: NoStep},
		{Command: wire.Pair, Args: []string{argFirst, argSize, argCount}, Measured: true, Go: NoStep},
	}
	inprocPairSteps = []Step{
		{Command: wire.InprocPair, Args: []string{argSize, argCount}, Measured: true, Go: NoStep},
	}
	pubProxySteps = []Step{
		{Command: wire.PubProxy, Args: []string{argBind, argBind}, Ready: true, Go: NoStep},
		{Command: wire.Pub, Args: []string{argJoin, argSize, argCount, argConns}, Ready: true, Go: NoStep},
		{Command: wire.Sub, Args: []string{argNext, argSize, argCount, argConns}, Ready: true, Measured: true, Go: 1},
	}
	callProxySteps = []Step{
		{Command: wire.CallProxy, Args: []string{argBind, argBind}, Ready: true, Go: NoStep},
		{Command: wire.Router, Args: []string{argNext, argSize, argCount, argConns}, Ready: true, Go: NoStep},
		{Command: wire.Dealer, Args: []string{argFirst, argSize, argCount, argConns}, Measured: true, Go: NoStep},
	}
	sharedSteps = []Step{
		{Command: wire.Pull, Args: []string{argBind, argSize, argCount}, Ready: true, Measured: true, Go: NoStep},
		{Command: wire.SharedPush, Args: []string{argFirst, argSize, argCount, argConns}, Go: NoStep},
	}
	rateSteps = []Step{
		{Command: wire.RatePull, Args: []string{argBind, argSize, argCount, argConns}, Ready: true, Measured: true, Go: NoStep},
		{Command: wire.RatePush, Args: []string{argFirst, argSize, argCount, argConns}, Go: NoStep},
	}
	idleSteps = []Step{
		{Command: wire.IdleServer, Args: []string{argBind, argSize, argCount, argConns}, Ready: true, Measured: true, Go: NoStep},
		{Command: wire.IdleClient, Args: []string{argFirst, argSize, argCount, argConns}, Go: NoStep},
	}
	topicsSteps = []Step{
		{Command: wire.Topics, Args: []string{argSize, argCount, argConns}, Measured: true, Go: NoStep},
	}
)

// Catalogue is every scenario in the order of the report.
var Catalogue = []Scenario{
	{Name: "tcp-thr", Title: "TCP throughput, PUSH to PULL", Transport: "tcp", Steps: throughputSteps,
		Sizes: sizes, Conns: []int{1}, quick: []int{64, 65536}},
	{Name: "tcp-lat", Title: "TCP latency, REQ and REP", Transport: "tcp", Metric: Latency, Steps: latencySteps,
		Sizes: sizes, Conns: []int{1}, quick: []int{64}},
	{Name: "curve-thr", Title: "TCP throughput with CURVE, PUSH to PULL", Transport: "tcp", Steps: curveThrSteps,
		Sizes: curveSizes, Conns: []int{1}, quick: []int{64, 65536}},
	{Name: "curve-lat", Title: "TCP latency with CURVE, REQ and REP", Transport: "tcp", Metric: Latency, Steps: curveLatSteps,
		Sizes: curveSizes, Conns: []int{1}, quick: []int{64}},
	{Name: "ipc-thr", Title: "IPC throughput, PUSH to PULL", Transport: "ipc", Steps: throughputSteps,
		Sizes: sizes, Conns: []int{1}, quick: []int{64}},
	{Name: "ipc-lat", Title: "IPC latency, REQ and REP", Transport: "ipc", Metric: Latency, Steps: latencySteps,
		Sizes: sizes, Conns: []int{1}},
	{Name: "inproc-thr", Title: "Inproc throughput, PUSH to PULL", Transport: "inproc", Steps: inprocThrSteps,
		Sizes: sizes, Conns: []int{1}, quick: []int{64}},
	{Name: "inproc-lat", Title: "Inproc latency, REQ and REP", Transport: "inproc", Metric: Latency,
		Steps: inprocLatSteps, Sizes: sizes, Conns: []int{1}},
	{Name: "pub", Title: "Fan-out, PUB to N SUB: deliveries", Transport: "tcp", Axis: ByConns, Steps: pubSteps,
		Sizes: []int{fanBytes}, Conns: []int{1, 10, 100, 1000}, Deliveries: true, quick: []int{10}},
	{Name: "fanin", Title: "Fan-in, N PUSH to PULL", Transport: "tcp", Axis: ByConns, Steps: throughputSteps,
		Sizes: []int{fanBytes}, Conns: []int{10, 100, 1000}, quick: []int{10}},
	{Name: "router", Title: "ROUTER and 100 DEALER, one request each in flight", Transport: "tcp", Axis: ByConns,
		Steps: routerSteps, Sizes: []int{fanBytes}, Conns: []int{100}, quick: []int{100}},
	{Name: "proxy", Title: "Proxy throughput, PUSH to PULL/PUSH to PULL", Transport: "tcp", Steps: proxySteps,
		Sizes: []int{64, 1024}, Conns: []int{1}, quick: []int{64}},
	{Name: "proxy-xpub", Title: "Proxy throughput, PUB to XSUB/XPUB to SUB", Transport: "tcp", Steps: pubProxySteps,
		Sizes: []int{64}, Conns: []int{1}, quick: []int{64}},
	{Name: "proxy-call", Title: "Proxy, 100 DEALER to ROUTER/DEALER to ROUTER, one request each in flight",
		Transport: "tcp", Axis: ByConns, Steps: callProxySteps, Sizes: []int{fanBytes}, Conns: []int{100}},
	{Name: "tcp-pair-lat", Title: "TCP latency, PAIR", Transport: "tcp", Metric: Latency, Steps: pairSteps,
		Sizes: pairSizes, Conns: []int{1}},
	{Name: "ipc-pair-lat", Title: "IPC latency, PAIR", Transport: "ipc", Metric: Latency, Steps: pairSteps,
		Sizes: pairSizes, Conns: []int{1}},
	{Name: "inproc-pair-lat", Title: "Inproc latency, PAIR", Transport: "inproc", Metric: Latency,
		Steps: inprocPairSteps, Sizes: pairSizes, Conns: []int{1}, quick: []int{64}},
	{Name: "shared", Title: "One PUSH used by N goroutines", Transport: "tcp", Axis: ByGoroutines, Steps: sharedSteps,
		Sizes: []int{fanBytes}, Conns: []int{1, 8}},
	{Name: "rate", Title: "Latency from when a message was due, at a fixed rate, PUSH to PULL", Transport: "tcp",
		Metric: Latency, Axis: ByRate, Steps: rateSteps, Sizes: []int{fanBytes}, Conns: []int{1000, 10000, 100000},
		quick: []int{1000}},
	{Name: "idle", Title: "Idle connections", Transport: "tcp", Metric: Idling, Axis: ByConns, Steps: idleSteps,
		Sizes: []int{fanBytes}, Conns: []int{10000}},
	{Name: "topics", Title: "Matching among N subscriptions, PUB to SUB, inproc", Transport: "inproc", Axis: ByTopics,
		Steps: topicsSteps, Sizes: []int{20}, Conns: []int{10000, 100000, 1000000}, quick: []int{10000}},
}

// Commands lists what a driver must know to take part in s.
func (s *Scenario) Commands() []string {
	var names []string
	for _, step := range s.Steps {
		names = append(names, step.Command)
	}
	return names
}

// Case is one point of one scenario.
type Case struct {
	*Scenario
	Size int // bytes
	N    int // connections
}

// Point is the value on the scenario's axis.
func (c Case) Point() int {
	if c.Axis == BySize {
		return c.Size
	}
	return c.N
}

// Label names the case in progress lines and errors.
func (c Case) Label() string {
	if c.Axis == BySize {
		return fmt.Sprintf("%s %d B", c.Name, c.Size)
	}
	return fmt.Sprintf("%s %d %s", c.Name, c.N, c.Axis)
}

// Cases lists the points of s; quick leaves only those of -quick.
func (s *Scenario) Cases(quick bool) []Case {
	var cases []Case
	for _, size := range s.Sizes {
		for _, n := range s.Conns {
			c := Case{s, size, n}
			if !quick || contains(s.quick, c.Point()) {
				cases = append(cases, c)
			}
		}
	}
	return cases
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// Argv fills the placeholders of a step. bind is called for each endpoint to
// bind; bound are the endpoints that earlier steps have bound, in order.
func (c Case) Argv(s Step, count int, bind func() string, bound []string) ([]string, error) {
	var argv []string
	for _, a := range s.Args {
		switch {
		case a == argBind:
			a = bind()
		case a == argSize:
			a = strconv.Itoa(c.Size)
		case a == argCount:
			a = strconv.Itoa(count)
		case a == argConns:
			a = strconv.Itoa(c.N)
		case a == argFirst && len(bound) > 0:
			a = bound[0]
		case a == argJoin && len(bound) > 0:
			a = ">" + bound[0]
		case a == argNext && len(bound) > 1:
			a = ">" + bound[1]
		default:
			return nil, fmt.Errorf("%s %s: no value for %s", c.Name, s.Command, a)
		}
		argv = append(argv, a)
	}
	return argv, nil
}
