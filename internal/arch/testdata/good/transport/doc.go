// SPDX-License-Identifier: MPL-2.0

// Package transport is a fixture.
package transport

import _ "net"
import _ "golang.org/x/sys/unix"
import _ "github.com/panjf2000/gnet/v2/pkg/socket"
