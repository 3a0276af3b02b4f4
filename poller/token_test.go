// SPDX-License-Identifier: MPL-2.0

package poller

import (
	"math/rand/v2"
	"testing"
)

func TestTokenHoldsSlotAndGeneration(t *testing.T) {
	tok := MakeToken(7, 9)
	if tok.Generation() != 7 || tok.Slot() != 9 {
		t.Fatalf("token %x: generation %d, slot %d", uint64(tok), tok.Generation(), tok.Slot())
	}
}

// The table against a map, with every token ever handed out asked for again.
func TestTableFindsWhatIsHeldAndNothingElse(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var tab Table[int]
	held := map[Token]int{}
	var all []Token
	for i := range 20_000 {
		switch k := rnd.IntN(3); {
		case k < 2 && (len(held) < 64 || k == 0):
			tok := tab.Insert(i)
			if _, ok := held[tok]; ok || tok == 0 || tok == wakeToken {
				t.Fatalf("token %x is taken or reserved", uint64(tok))
			}
			held[tok] = i
			all = append(all, tok)
		case len(all) > 0:
			tok := all[rnd.IntN(len(all))]
			_, want := held[tok]
			if got := tab.Remove(tok); got != want {
				t.Fatalf("Remove(%x) = %v, want %v", uint64(tok), got, want)
			}
			delete(held, tok)
		}
		if len(all) > 0 {
			tok := all[rnd.IntN(len(all))]
			want, wantOK := held[tok]
			if got, ok := tab.Lookup(tok); ok != wantOK || got != want {
				t.Fatalf("Lookup(%x) = %d, %v, want %d, %v", uint64(tok), got, ok, want, wantOK)
			}
		}
		if tab.Len() != len(held) {
			t.Fatalf("Len() = %d, want %d", tab.Len(), len(held))
		}
	}
}

func TestTableGenerationSkipsZeroAtItsEnd(t *testing.T) {
	var tab Table[string]
	tok := tab.Insert("first")
	tab.slots[0].generation = 1<<32 - 1
	tab.Remove(MakeToken(1<<32-1, tok.Slot()))
	if next := tab.Insert("next"); next.Generation() != 1 {
		t.Fatalf("generation %d follows the last one", next.Generation())
	}
	if _, ok := tab.Lookup(0); ok {
		t.Fatal("the zero token names something")
	}
}
