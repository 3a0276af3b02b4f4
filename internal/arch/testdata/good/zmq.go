// SPDX-License-Identifier: MPL-2.0

// Package zmq is a fixture.
package zmq

import _ "github.com/zeroloop/zmq/socket"
