// SPDX-License-Identifier: MPL-2.0

// Command proxy_thr measures throughput from a publisher through a proxy to a
// subscriber, over inproc.
package main

import (
	"os"

	"github.com/zeroloop/zmq/perf/internal/measure"
)

func main() { os.Exit(measure.Main(&measure.ProxyThr)) }
