// SPDX-License-Identifier: MPL-2.0

// Command libzmq is a fixture.
package main

import "C"
