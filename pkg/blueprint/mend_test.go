package blueprint

import (
	"strings"
	"testing"
)

// found is the codes of what is wrong with a text, in order.
func found(text string) string {
	_, r := Parse([]byte(text), Options{})
	var codes []string
	for _, p := range r.Problems {
		codes = append(codes, string(p.Code))
	}
	return strings.Join(codes, " ")
}

// What is no YAML hides nothing else, and makes nothing up: what depends on the part that cannot be read is not judged.
func TestABrokenPlaceHidesNothingElseAndMakesNothingUp(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"value of a key":         {"id: a\nname: b: c\nservices:\n- {type: 'docker:x', initialSize: two}\n", "syntax bad-number"},
		"type of a service":      {"id: a\nservices:\n- type: docker: x\n  memory: 5\n", "syntax bad-size"},
		"two places":             {"id: a\nname: b: c\nservices:\n- type: docker:x\n  id: x\n  memory: 1: 2\n", "syntax syntax"},
		"two brackets":           {"id: a\nname: [b\nservices:\n- type: docker:x\n  id: x\n  openPorts: [1\n", "syntax syntax"},
		"tabs":                   {"id: a\nservices:\n- id: b\n\ttype: docker:x\n\tmemory: 5\n- type: docker:y\n  memory: 5\n", "tab bad-size"},
		"indentation":            {"id: a\nservices:\n- type: docker:x\n  env:\n    A: b\n   C: d\n- type: docker:y\n  restart: x\n", "syntax bad-restart"},
		"quote to the end":       {"id: a\nmemory: 5\nservices:\n- type: docker:x\n  name: \"b\n  restart: x\n", "misplaced-key syntax bad-restart"},
		"what a latch waits for": {"id: a\nservices:\n- type: docker:x\n  launch.latch: $brooklyn:component(\"b\").attributeWhenReady(\"service.isUp\")\n- type: docker:y\n  id: b: c\n", "syntax"},
		"second document":        {"id: a\nservices:\n- {type: 'docker:x', restart: x}\n---\nid: b\n", "bad-restart several-documents"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := found(tt.text); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestPlacesAreRightWithinQuotesAndWideText(t *testing.T) {
	t.Parallel()
	const head = "id: a\nservices:\n- type: docker:x\n  env:\n    "
	for text, mark := range map[string]string{
		`A: 'äö $brooklyn:x'`:                   "$",
		`A: "\u00e4 \t $brooklyn:x"`:            "$",
		`A: "a''\x41 $brooklyn:x"`:              "$",
		`A: 'it''s $brooklyn:x'`:                "$",
		`A: $brooklyn:formatString("ä %s", ~)`:  "~",
		`A: "$brooklyn:formatString(\"a\", ~)"`: "~",
		`- "Ü=ö $brooklyn:x"`:                   "$",
	} {
		_, r := Parse([]byte(head+text), Options{})
		if len(r.Problems) != 1 {
			t.Errorf("%s: %s", text, said(r.Problems))
			continue
		}
		p := r.Problems[0]
		line := []rune(Lines(head + text)[p.Line-1])
		if got := string(line[p.Column-1:]); !strings.HasPrefix(got, mark) {
			t.Errorf("%s: the mark is before %q, want %s\n%s", text, got, mark, p)
		}
	}
}

func TestALargeTextIsRefusedUnread(t *testing.T) {
	t.Parallel()
	if got := found("id: a\n" + strings.Repeat("# x\n", MaxBytes/4)); got != "too-large" {
		t.Error(got)
	}
}

func TestTolerantTurnsUnknownKeysIntoWarningsAndNothingElse(t *testing.T) {
	t.Parallel()
	const text = "id: a\nwhat: x\nservices:\n- {type: 'docker:x', oepnPorts: 80, healthCheck: {tcp: 5, wait: 3}%s}\n"
	app, r := Parse([]byte(strings.Replace(text, "%s", "", 1)), Options{Tolerant: true})
	if len(r.Problems) != 0 || len(r.Warnings) != 3 || app.ID != "a" || app.Entities[0].Health == nil {
		t.Errorf("%+v %+v", app, r)
	}
	for _, w := range r.Warnings {
		if w.Code != UnknownKey {
			t.Error(w)
		}
	}
	app, r = Parse([]byte(strings.Replace(text, "%s", ", privileged: true", 1)), Options{Tolerant: true})
	if len(r.Problems) != 1 || r.Problems[0].Code != RefusedKey || len(r.Warnings) != 3 || app.ID != "" {
		t.Errorf("%+v %+v", app, r)
	}
}
