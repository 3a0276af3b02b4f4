// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/socket"
	"github.com/zeroloop/zmq/transport"
)

// Version returns the version of libzmq whose behaviour this package follows
// (zmq_version).
func Version() (major, minor, patch int) { return 4, 3, 6 }

// Has reports whether a capability is there, by libzmq's name for it (zmq_has):
// "curve", "draft", "gssapi", or a transport: "ipc", "ws", "wss", "tipc", "pgm",
// "norm", "vmci"; a registered transport counts.
func Has(capability string) bool {
	switch capability {
	case "curve":
		return true
	case "draft":
		return socket.TypeName(option.Server) != ""
	case "ipc", "ws", "wss", "tipc", "pgm", "norm", "vmci":
		_, known := transport.Lookup(capability)
		return known
	}
	return false
}
