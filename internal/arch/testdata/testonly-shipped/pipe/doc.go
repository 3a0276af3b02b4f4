// SPDX-License-Identifier: MPL-2.0

// Package pipe is a fixture.
package pipe

import _ "github.com/zeroloop/zmq/internal/leaktest"
