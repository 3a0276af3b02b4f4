// SPDX-License-Identifier: MPL-2.0

// Package transport is a fixture.
package transport

import _ "github.com/panjf2000/gnet/v2"
