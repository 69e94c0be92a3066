package blueprint

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Who brings a blueprint of Brooklyn or a file of Compose is told of each key what to do: the golden text is the list.
func TestEachKeyOfOtherToolsIsAnsweredByWhatToDo(t *testing.T) {
	t.Parallel()
	keys := slices.Collect(maps.Keys(refusals))
	keys = slices.AppendSeq(keys, maps.Keys(shortNames))
	for _, a := range advices {
		for _, pattern := range a.keys {
			keys = append(keys, strings.ReplaceAll(pattern, "*", "x"))
		}
	}
	slices.Sort(keys)
	var b strings.Builder
	for _, key := range slices.Compact(keys) {
		_, r := Parse([]byte("id: a\nservices:\n- {id: x, type: docker:x, "+key+": x}\n"), Options{})
		if len(r.Problems) != 1 || r.Problems[0].Hint == "" || strings.HasPrefix(r.Problems[0].Hint, "known are") {
			t.Errorf("%s: %s", key, said(r.Problems))
			continue
		}
		fmt.Fprintf(&b, "%s\n  %s\n", r.Problems[0].Message, r.Problems[0].Hint)
	}
	golden(t, "testdata/instead.txt", []byte(b.String()))
}
