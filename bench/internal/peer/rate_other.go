// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package peer

import "time"

func fineTimer() error { return nil }

func sleepUntil(at int64) error {
	now, err := monotonic()
	if err == nil {
		time.Sleep(time.Duration(at - now))
	}
	return err
}
