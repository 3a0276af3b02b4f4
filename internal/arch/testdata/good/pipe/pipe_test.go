// SPDX-License-Identifier: MPL-2.0

package pipe_test

import (
	"testing"
	"testing/synctest"
	"time"

	_ "github.com/zeroloop/zmq"
	_ "github.com/zeroloop/zmq/internal/leaktest"
	_ "github.com/zeroloop/zmq/transport"
	_ "pgregory.net/rapid"
)

func TestFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { time.Sleep(time.Hour) })
}
