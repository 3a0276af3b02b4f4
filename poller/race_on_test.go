// SPDX-License-Identifier: MPL-2.0

//go:build race

package poller

const raceEnabled = true
