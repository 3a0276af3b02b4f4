// SPDX-License-Identifier: MPL-2.0

package zmq

// Version returns the version of libzmq whose behaviour this package follows
// (zmq_version).
func Version() (major, minor, patch int) { return 4, 3, 6 }

// Has reports whether a capability is there, by libzmq's name for it: "ipc",
// "draft", "curve", … (zmq_has).
func Has(capability string) bool { return capability == "ipc" || capability == "curve" }
