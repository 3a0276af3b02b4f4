// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"fmt"
	"testing"

	"github.com/zeroloop/zmq/internal/msg"
)

// BenchmarkPipe writes messages of one size in batches and reads them back, in
// one goroutine.
func BenchmarkPipe(b *testing.B) {
	const batch = 64
	for _, size := range []int{1, 64, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			x, y := NewPair(Options{}, Options{})
			data := make([]byte, size)
			var in msg.Part
			b.ReportAllocs()
			for b.Loop() {
				for range batch {
					out := msg.Part{Data: data}
					if !x.Write(&out) {
						b.Fatal("no room")
					}
				}
				x.Flush()
				for range batch {
					if !y.Read(&in) || len(in.Data) != size {
						b.Fatal("a message is missing")
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/msg")
		})
	}
}
