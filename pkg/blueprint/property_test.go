package blueprint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// quote writes a word so that a shell reads it as it is.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

func TestQuotedWordsSurviveSplitting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringOf(rapid.RuneFrom([]rune("ab '\"\\$|&;<>\n\t`{é"))), 1, 5).Draw(t, "words")
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = quote(w)
		}
		got, why := splitWords(strings.Join(quoted, " \t"))
		if why != "" || !slices.Equal(got, words) {
			t.Fatalf("%q became %q (%s)", words, got, why)
		}
	})
}

// A latch from each service to any other is refused exactly when somebody waits for itself in the end.
func TestLatchesAreRefusedExactlyWhenTheyAreCircular(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "services")
		to := rapid.SliceOfN(rapid.IntRange(-1, n-1), n, n).Draw(t, "latches")
		var b strings.Builder
		b.WriteString("id: a\nservices:\n")
		for i, target := range to {
			fmt.Fprintf(&b, "- {type: 'docker:x', id: s%d", i)
			if target >= 0 {
				fmt.Fprintf(&b, `, launch.latch: '$brooklyn:component("s%d").attributeWhenReady("service.isUp")'`, target)
			}
			b.WriteString("}\n")
		}
		circular := false
		for i := range to {
			at := i
			for range n {
				if at >= 0 {
					at = to[at]
				}
			}
			circular = circular || at >= 0
		}
		if _, found := Parse([]byte(b.String()), Options{}); (len(found.Problems) > 0) != circular {
			t.Fatalf("circular %t, problems %s\n%s", circular, said(found.Problems), &b)
		}
	})
}

func TestANetworkIsTakenExactlyWhenItHoldsEverything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(20, 30).Draw(t, "bits")
		size := rapid.IntRange(0, MaxSize).Draw(t, "size")
		text := fmt.Sprintf("id: a\nbrooklyn.config: {network.cidr: 10.0.0.0/%d}\nservices: [{type: 'docker:x', initialSize: %d}]", bits, size)
		_, found := Parse([]byte(text), Options{})
		if fits := size+18 <= 1<<(32-bits); (len(found.Problems) == 0) != fits {
			t.Fatalf("%d containers in a /%d: %s", size, bits, said(found.Problems))
		}
	})
}
