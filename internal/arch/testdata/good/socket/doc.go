// SPDX-License-Identifier: MPL-2.0

// Package socket is a fixture.
package socket

import _ "github.com/zeroloop/zmq/engine"
import _ "github.com/zeroloop/zmq/internal/errno"
