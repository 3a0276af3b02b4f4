// SPDX-License-Identifier: MPL-2.0

// Package spec holds no code, only tests: one for each rule of how ZeroMQ sockets
// behave where reimplementations tend to differ. A test is named by its rule and
// says which edge case it shows. It uses what users have, package zmq and
// connections of its own, which speak ZMTP by hand and CURVE by package mechanism;
// rules that can only be seen from within have their test there. docs/spec.md lists
// all of them, and over which transports each is shown: with either side bound, bind
// first and connect first, wherever that is of sense (over_test.go).
//
// Nothing imports this package.
package spec
