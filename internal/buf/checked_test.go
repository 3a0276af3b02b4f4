// SPDX-License-Identifier: MPL-2.0

//go:build race || invariants

package buf

import "testing"

// TestReleasedTwice: in this build a reference that is dropped or taken after the
// last one was dropped is found out.
func TestReleasedTwice(t *testing.T) {
	for name, use := range map[string]func(*Body){
		"release": (*Body).Release, "retain": func(b *Body) { b.Retain(1) },
	} {
		for _, body := range []*Body{WrapBody(make([]byte, 8), nil), {data: make([]byte, 1<<classBitsMin)}} {
			body.refs.Store(2)
			body.Release()
			body.Release()
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s after the last release is not noticed", name)
					}
				}()
				use(body)
			}()
		}
	}
}
