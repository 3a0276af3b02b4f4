// SPDX-License-Identifier: MPL-2.0

// Gonet is the Go floor of the comparison: bare net.Conn streams.
package main

import (
	"runtime"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/rawnet"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

func main() {
	peer.Main(peer.Library{
		Version: "package net, " + runtime.Version(),
		Commands: []string{wire.Pull, wire.Push, wire.Rep, wire.Req, wire.Router, wire.Dealer,
			wire.Proxy},
		Open:      rawnet.Open,
		OpenProxy: rawnet.OpenProxy,
		Turn:      rawnet.Turn,
	})
}
