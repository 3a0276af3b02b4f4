// SPDX-License-Identifier: MPL-2.0

// Package poller is a fixture.
package poller

import "C"
