// SPDX-License-Identifier: MPL-2.0

// Package option holds the options of sockets and contexts with libzmq's
// defaults. It is data: who may set what, and when it takes effect, is decided
// where the option acts.
package option
