// SPDX-License-Identifier: MPL-2.0

// Command util is a fixture.
package main

func main() {}
