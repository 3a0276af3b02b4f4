// SPDX-License-Identifier: MPL-2.0

package reactor

import "testing"

// BenchmarkMailbox posts a command and takes it.
func BenchmarkMailbox(b *testing.B) {
	var m Mailbox
	b.ReportAllocs()
	for b.Loop() {
		m.Send(Command{N: 1})
		if len(m.Take()) != 1 {
			b.Fatal("a command is missing")
		}
	}
}

// BenchmarkMailboxBatch takes 64 commands at a time.
func BenchmarkMailboxBatch(b *testing.B) {
	var m Mailbox
	b.ReportAllocs()
	for b.Loop() {
		for range 64 {
			m.Send(Command{N: 1})
		}
		if len(m.Take()) != 64 {
			b.Fatal("commands are missing")
		}
	}
}
