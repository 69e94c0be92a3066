package blueprint

import (
	"fmt"
	"strings"
	"testing"
)

// Whatever stands where something else should, the words say of which key it is: the golden text is the list.
func TestAValueOfTheWrongKindIsToldByWhatItIsFor(t *testing.T) {
	t.Parallel()
	var tries []string
	for _, name := range names(serviceKeys()) {
		for _, value := range []string{"{a: [b]}", "[[a]]", "[{a: {b: c}}]"} {
			tries = append(tries, name+": "+value)
		}
	}
	for _, k := range healthKeys() {
		tries = append(tries, "healthCheck: {"+k.name+": [[a]]}")
	}
	var b strings.Builder
	for _, try := range tries {
		rest := map[string]string{"id": "type: docker:x", "type": "id: x"}[strings.Split(try, ":")[0]] // no key comes twice
		if rest == "" {
			rest = "id: x, type: docker:x"
		}
		_, r := Parse([]byte("id: a\nservices:\n- {"+rest+", "+try+"}\n"), Options{})
		if len(r.Problems) == 0 {
			t.Errorf("%s is taken", try)
		}
		fmt.Fprintf(&b, "%s\n", try)
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "  %s\n", p.Message)
		}
	}
	golden(t, "testdata/kinds.txt", []byte(b.String()))
}
