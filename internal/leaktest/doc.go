// SPDX-License-Identifier: MPL-2.0

// Package leaktest finds goroutines and file descriptors that tests leave
// behind.
//
// A test package calls Main from its TestMain; a single test that is not
// parallel may call Check. Both compare what is there before with what is
// there afterwards. Since goroutines end and descriptors close a moment after
// the call that caused it, the comparison is repeated for up to five seconds;
// only what is still there then is a leak.
//
// Only _test.go files import this package. Its functions look at the whole
// process and may be called from any goroutine.
package leaktest
