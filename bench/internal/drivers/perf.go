// SPDX-License-Identifier: MPL-2.0

package drivers

import (
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/zeroloop/zmq/bench/internal/scenario"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

// The perf programs of the parent module have the arguments and the output of
// libzmq's: they print no READY line, so the endpoint is chosen here, and the
// latency programs report a mean only.

// perfPrograms maps the command of a step to the program that does its work.
var perfPrograms = map[string]string{
	wire.Pull: "local_thr", wire.Push: "remote_thr",
	wire.Rep: "local_lat", wire.Req: "remote_lat",
	wire.InprocThr: "inproc_thr", wire.InprocLat: "inproc_lat",
}

var perfCommands = []string{wire.Pull, wire.Push, wire.Rep, wire.Req, wire.InprocThr, wire.InprocLat}

// buildPerf builds all perf programs of the parent module into the directory
// dir.
func buildPerf(ctx context.Context, root, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	err := compile(ctx, filepath.Dir(root), []string{"CGO_ENABLED=0"},
		"go", "build", "-o", dir+string(filepath.Separator), "./perf/...")
	if err != nil {
		return err
	}
	for _, program := range perfPrograms {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return fmt.Errorf("perf/%s is missing", program)
		}
	}
	return nil
}

// perfCommand is command for perf programs.
func (r *Runner) perfCommand(d Driver, c scenario.Case, command string, count int, known []string) (
	path string, argv, bound []string, err error) {
	program := perfPrograms[command]
	argv = []string{strconv.Itoa(c.Size), strconv.Itoa(count)}
	switch command {
	case wire.Pull, wire.Rep:
		endpoint := strings.TrimPrefix(r.bind(c.Transport), "@")
		if c.Transport == "tcp" {
			if endpoint, err = freePort(); err != nil {
				return "", nil, nil, err
			}
		}
		bound = []string{endpoint}
		argv = append(bound, argv...)
	case wire.Push, wire.Req:
		argv = append(known[:1:1], argv...)
	}
	return filepath.Join(d.Path, program), argv, bound, nil
}

// freePort finds a port that was free a moment ago.
func freePort() (endpoint string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return "tcp://" + l.Addr().String(), nil
}

// perfResult looks for a report in the output of all children: local_thr and
// remote_lat print theirs on different sides.
func (s *session) perfResult(c scenario.Case, count int) (wire.Result, error) {
	var text strings.Builder
	for _, ch := range s.children {
		text.Write(ch.text.kept)
	}
	return ParsePerf(text.String(), c, count)
}

// ParsePerf reads the output of a perf program.
func ParsePerf(text string, c scenario.Case, count int) (wire.Result, error) {
	r := wire.Result{Size: c.Size, Conns: 1, Expected: int64(count), Messages: int64(count)}
	name, unit := "mean throughput", "[msg/s]"
	if c.Metric == scenario.Latency {
		name, unit = "average latency", "[us]"
	}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(key) != name {
			continue
		}
		number, ok := strings.CutSuffix(strings.TrimSpace(value), unit)
		if !ok {
			continue // the same mean in another unit
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(v > 0) || math.IsInf(v, 0) {
			return r, fmt.Errorf("perf program: %s is %q", name, strings.TrimSpace(value))
		}
		r.Seconds = float64(count) / v
		if c.Metric == scenario.Latency {
			r.Seconds = float64(count) * 2 * v / 1e6 // one way is half a round trip
		}
		return r, nil
	}
	return r, fmt.Errorf("perf program: no line %q in %s", name, unit)
}
