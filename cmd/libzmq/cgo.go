// SPDX-License-Identifier: MPL-2.0

//go:build cgo

package main

// #cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra -fvisibility=hidden
// #cgo LDFLAGS: -ldl -lpthread
import "C"
