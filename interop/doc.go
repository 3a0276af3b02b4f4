// SPDX-License-Identifier: MPL-2.0

// Package interop holds no code of its own, only tests against foreign peers:
// libzmq, by way of Python; a peer made of bash and netcat that speaks ZMTP 1.0;
// and connections on which ZMTP 2.0 and 3.0 are written out byte by byte.
//
// A test whose peer is not installed is skipped, with the reason; where the
// environment has ZEROLOOP_REQUIRE_PEERS=1 it fails.
package interop
