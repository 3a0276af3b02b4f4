// SPDX-License-Identifier: MPL-2.0

//go:build race

package zmq_test

const raceEnabled = true
