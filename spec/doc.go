// SPDX-License-Identifier: MPL-2.0

// Package spec holds no code, only tests: one for each rule of how ZeroMQ sockets
// behave where reimplementations tend to differ. A test is named by its rule and
// says which edge case it shows. It uses what users have, package zmq and
// connections of its own; rules that can only be seen from within have their test
// there. docs/spec.md lists all of them.
//
// Nothing imports this package.
package spec
