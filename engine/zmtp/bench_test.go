// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"fmt"
	"testing"
)

// BenchmarkScan walks a buffer of 64 KiB full of messages of one size.
func BenchmarkScan(b *testing.B) {
	for _, size := range []int{1, 64, 1024, 8192} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var stream []byte
			messages := 0
			for len(stream) < 64<<10 {
				head := make([]byte, HeaderSizeMax)
				stream = append(stream, head[:PutHeader(head, 0, size)]...)
				stream = append(stream, make([]byte, size)...)
				messages++
			}
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				if r := Scan(stream, messages+1, 16<<10, -1); r.Messages != messages {
					b.Fatalf("%d messages, want %d", r.Messages, messages)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(messages), "ns/msg")
		})
	}
}
