// SPDX-License-Identifier: MPL-2.0

package transport

// setKeepaliveTimes does nothing: OpenBSD has them for the whole system only.
func setKeepaliveTimes(int, *Options) error { return nil }

// setNoSigpipe does nothing: OpenBSD has no such option, and the Go runtime
// ignores the signal.
func setNoSigpipe(int) error { return nil }
