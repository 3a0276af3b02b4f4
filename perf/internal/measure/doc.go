// SPDX-License-Identifier: MPL-2.0

// Package measure holds what the perf programs have in common: their arguments,
// their output and their loops. Arguments and output are those of libzmq's
// programs of the same names, so that either end of a measurement can be
// libzmq's.
//
// program.go reads the arguments and turns errors into exit codes; latency.go,
// throughput.go and proxy.go have the loops; ends.go opens and closes sockets.
package measure
