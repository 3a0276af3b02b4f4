// SPDX-License-Identifier: MPL-2.0

// Package interop holds no code of its own, only tests against foreign peers:
// libzmq, by way of Python; a peer made of bash and netcat that speaks ZMTP 1.0;
// and connections on which ZMTP 2.0 and 3.0 are written out byte by byte.
//
// TestRules runs rules of package spec with libzmq as either end, TestAlike does the
// same to a socket of either library; docs/interop.md says for each rule what shows
// it, and is written by -update, as is testdata/monitor.txt, what libzmq's monitor
// has told.
//
// A test whose peer is not installed is skipped, with the reason; where the
// environment has ZEROLOOP_REQUIRE_PEERS=1 it fails.
package interop
