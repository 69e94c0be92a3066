package nearest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestAWordWithAWrongLetterIsFoundAgain(t *testing.T) {
	t.Parallel()
	known := []string{"commands", "entrypoint", "healthCheck", "initialSize", "openPorts", "restart", "volumes"}
	rapid.Check(t, func(t *rapid.T) {
		right := rapid.SampledFrom(known).Draw(t, "word")
		word := []byte(right)
		at := rapid.IntRange(0, len(word)-1).Draw(t, "at")
		word[at] = byte(rapid.IntRange('a', 'z').Draw(t, "letter"))
		if got := Word(string(word), known); got != right {
			t.Fatalf("%q suggests %q", word, got)
		}
	})
}

func TestWhatIsNotNearIsNotSuggested(t *testing.T) {
	t.Parallel()
	known := []string{"shop", "blog", "id"}
	for word, want := range map[string]string{"shpo": "shop", "sop": "shop", "Shop": "shop", "bolg": "blog", "i": "id", "shelf": "", "": "", "xyz": ""} {
		if got := Word(word, known); got != want {
			t.Errorf("%q suggests %q, want %q", word, got, want)
		}
	}
	if got := Word("shop", slices.Clone(known[:0])); got != "" {
		t.Errorf("of nothing it suggests %q", got)
	}
}
