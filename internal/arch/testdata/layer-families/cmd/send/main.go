// SPDX-License-Identifier: MPL-2.0

// Command send is a fixture.
package main

import _ "github.com/zeroloop/zmq/perf/internal/measure"

func main() {}
