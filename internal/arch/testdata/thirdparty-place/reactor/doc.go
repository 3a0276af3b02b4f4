// SPDX-License-Identifier: MPL-2.0

// Package reactor is a fixture.
package reactor

import _ "github.com/panjf2000/gnet/v2/pkg/socket"
