// SPDX-License-Identifier: MPL-2.0

// Package wire is the grammar between the comparison program and its driver
// processes. Every driver, in C or Go, is started as
//
//	<driver> version
//	<driver> <command> <endpoint> <size> [count] [conns]
//	<driver> proxy <front> <back>
//	<driver> inproc-thr|inproc-lat <size> <count>
//
// pull, push, rep and req may have "curve-" before them: then the connection is
// secured, and the side that binds is the server.
//
// An endpoint may begin with '@' (bind) or '>' (connect); without a mark each
// command takes its usual side. A side that binds prints "READY <endpoint>…"
// with the endpoints the system chose. A side that measures prints one Result
// as a line of JSON and exits; every other side lives until its standard input
// ends and then prints a Result that holds only its memory use.
package wire

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The commands a driver may know.
const (
	Pull      = "pull"
	Push      = "push"
	Rep       = "rep"
	Req       = "req"
	Pub       = "pub"
	Sub       = "sub"
	Router    = "router"
	Dealer    = "dealer"
	Proxy     = "proxy"
	InprocThr = "inproc-thr"
	InprocLat = "inproc-lat"
)

// The commands that only drivers of ZeroMQ know.
const (
	PairServe  = "pair-serve"  // a PAIR that sends back what it gets
	Pair       = "pair"        // the PAIR that measures
	InprocPair = "inproc-pair" // both in one process
	PubProxy   = "pub-proxy"   // XSUB front, XPUB back
	CallProxy  = "call-proxy"  // ROUTER front, DEALER back
	SharedPush = "shared-push" // one PUSH used by conns goroutines
	RatePush   = "rate-push"   // conns messages per second, stamped with when they are due
	RatePull   = "rate-pull"   // takes the time from a message's stamp
	IdleServer = "idle-server" // a PULL with conns connections that do nothing
	IdleClient = "idle-client" // a PUSH with conns connections
	Topics     = "topics"      // a PUB and a SUB with conns subscriptions, inproc
)

// CurvePrefix stands before a command whose connection is secured by CURVE.
const CurvePrefix = "curve-"

// The secured commands.
const (
	CurvePull = CurvePrefix + Pull
	CurvePush = CurvePrefix + Push
	CurveRep  = CurvePrefix + Rep
	CurveReq  = CurvePrefix + Req
)

// The keys of all secured measurements: those that libzmq's manual pages show to
// everybody. bench/c/curve.h has the same.
const (
	CurveServerPublic = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
	CurveServerSecret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
	CurveClientPublic = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
	CurveClientSecret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
)

// Latency sums up round-trip times; all but Count are nanoseconds.
type Latency struct {
	Count  int64   `json:"count"`
	MeanNS float64 `json:"mean_ns"`
	P50NS  float64 `json:"p50_ns"`
	P99NS  float64 `json:"p99_ns"`
	P999NS float64 `json:"p999_ns"`
	MaxNS  float64 `json:"max_ns"`
}

// Idle is what connections cost that do nothing.
type Idle struct {
	BytesPerConn float64 `json:"bytes_per_conn"` // resident memory
	WakeupsPerS  float64 `json:"wakeups_per_s"`  // of all threads of the process
}

// Result is what one driver process reports. Messages are counted where they
// are received: deliveries for pub and sub, round trips for latency.
type Result struct {
	Command  string   `json:"command"`
	Size     int      `json:"size"` // bytes of one message
	Conns    int      `json:"conns"`
	Expected int64    `json:"expected"`
	Messages int64    `json:"messages"`
	Seconds  float64  `json:"seconds"` // from the first timed moment to the last message
	RSSKB    int64    `json:"rss_kb"`  // peak resident memory, KiB
	Latency  *Latency `json:"latency,omitempty"`
	Idle     *Idle    `json:"idle,omitempty"`
}

// Version is the answer to the version command.
type Version struct {
	Version  string   `json:"version"`
	Commands []string `json:"commands"`
}

// Has says whether the driver knows the command.
func (v Version) Has(command string) bool {
	for _, c := range v.Commands {
		if c == command {
			return true
		}
	}
	return false
}

const readyWord = "READY"

// FormatReady is the line a driver prints when its endpoints are bound.
func FormatReady(endpoints ...string) string {
	return strings.Join(append([]string{readyWord}, endpoints...), " ")
}

// ParseReady returns the endpoints of a READY line; ok is false for any other
// line.
func ParseReady(line string) (endpoints []string, ok bool) {
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != readyWord {
		return nil, false
	}
	return words[1:], true
}

// ParseResult reads a result line; ok is false for a line that is no JSON
// object, err is set for one that is not a usable result.
func ParseResult(line string) (r Result, ok bool, err error) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "{") {
		return r, false, nil
	}
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return r, true, fmt.Errorf("result line: %w", err)
	}
	if r.Messages < 0 || r.Seconds < 0 || r.Messages > 0 && r.Seconds == 0 {
		return r, true, fmt.Errorf("result line: %d messages in %v s", r.Messages, r.Seconds)
	}
	return r, true, nil
}

// ParseVersion reads the answer to the version command.
func ParseVersion(output []byte) (Version, error) {
	var v Version
	if err := json.Unmarshal(output, &v); err != nil {
		return v, fmt.Errorf("version answer: %w", err)
	}
	if v.Version == "" || len(v.Commands) == 0 {
		return v, fmt.Errorf("version answer: version or commands missing")
	}
	return v, nil
}
