// SPDX-License-Identifier: MPL-2.0

// Command send is a fixture.
package main

import (
	_ "github.com/zeroloop/zmq/cmd/internal/flags"
	_ "github.com/alecthomas/kong"
)

func Main() {}
