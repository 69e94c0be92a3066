package clocker

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, pattern string
		args          []string
		want, err     string
	}{
		{name: "no directive", pattern: "redis", want: "redis"},
		{name: "next argument", pattern: "%s:%d", args: []string{"host", "6379"}, want: "host:6379"},
		{name: "by number", pattern: "%2$s-%1$s", args: []string{"a", "b"}, want: "b-a"},
		{name: "number leaves the next alone", pattern: "%2$s%s%s", args: []string{"a", "b"}, want: "bab"},
		{name: "percent", pattern: "100%%", want: "100%"},
		{name: "an argument is not a pattern", pattern: "%s", args: []string{"%s"}, want: "%s"},
		{name: "surplus argument", pattern: "x", args: []string{"a"}, want: "x"},
		{name: "argument missing", pattern: "%s:%s", args: []string{"a"}, err: `formatString: "%s" asks for argument 2 of 1`},
		{name: "number too high", pattern: "%3$s", args: []string{"a"}, err: `formatString: "%3$s" asks for argument 3 of 1`},
		{name: "argument zero", pattern: "%0$s", args: []string{"a"}, err: `formatString: "%0$": want %s, %d, %1$s or %%`},
		{name: "width", pattern: "%5s", args: []string{"a"}, err: `formatString: "%5s": want %s, %d, %1$s or %%`},
		{name: "zero width", pattern: "%0s", args: []string{"a"}, err: `formatString: "%0s": want %s, %d, %1$s or %%`},
		{name: "other directive", pattern: "%x", args: []string{"a"}, err: `formatString: "%x": want %s, %d, %1$s or %%`},
		{name: "ends in percent", pattern: "50%", err: `formatString: "%": want %s, %d, %1$s or %%`},
		{name: "numbered percent", pattern: "%1$%", args: []string{"a"}, err: `formatString: "%1$%": want %s, %d, %1$s or %%`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Format(tt.pattern, tt.args)
			if got != tt.want || (err == nil) != (tt.err == "") || (err != nil && err.Error() != tt.err) {
				t.Errorf("Format = %q, %v; want %q, %q", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestFormatKeepsEscapedText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, arg := rapid.String().Draw(t, "text"), rapid.String().Draw(t, "arg")
		got, err := Format(strings.ReplaceAll(text, "%", "%%")+"%s", []string{arg})
		if err != nil || got != text+arg {
			t.Errorf("Format = %q, %v; want %q", got, err, text+arg)
		}
	})
}

func TestFormatNeverPanics(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOf(rapid.SampledFrom([]rune("%$s0129dx"))).Draw(t, "pattern")
		if _, err := Format(pattern, []string{"a", "b"}); err != nil && !strings.HasPrefix(err.Error(), "formatString: ") {
			t.Errorf("Format(%q) = %v", pattern, err)
		}
	})
}

func TestValueResolve(t *testing.T) {
	t.Parallel()
	store := SensorRef{Entity: "store", Sensor: SensorHostname}
	port := SensorRef{Entity: "store", Sensor: SensorMappedPortRoot + "6379"}
	known := map[SensorRef]string{store: "0.store.shop.clocker.internal"}
	tests := []struct {
		name    string
		value   Value
		want    string
		missing *SensorRef
		err     string
		refs    []SensorRef
	}{
		{name: "literal", value: Value{Literal: "redis"}, want: "redis"},
		{name: "empty", value: Value{}, want: ""},
		{name: "known sensor", value: Value{Ref: &store}, want: "0.store.shop.clocker.internal", refs: []SensorRef{store}},
		{name: "unknown sensor", value: Value{Ref: &port}, missing: &port, refs: []SensorRef{port}},
		{
			name:  "format",
			value: Value{Format: "%s:%d", Args: []Value{{Ref: &store}, {Literal: "6379"}}},
			want:  "0.store.shop.clocker.internal:6379", refs: []SensorRef{store},
		},
		{
			name:  "format inside a format",
			value: Value{Format: "redis://%s", Args: []Value{{Format: "%s/0", Args: []Value{{Ref: &store}}}}},
			want:  "redis://0.store.shop.clocker.internal/0", refs: []SensorRef{store},
		},
		{
			name:    "the first one missing is named",
			value:   Value{Format: "%s %s", Args: []Value{{Ref: &store}, {Ref: &port}}},
			missing: &port, refs: []SensorRef{store, port},
		},
		{
			name:  "a format that asks too much",
			value: Value{Format: "%2$s", Args: []Value{{Literal: "a"}}},
			err:   `formatString: "%2$s" asks for argument 2 of 1`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, missing, err := tt.value.Resolve(func(r SensorRef) (string, bool) {
				s, ok := known[r]
				return s, ok
			})
			if got != tt.want || (err == nil) != (tt.err == "") || (err != nil && err.Error() != tt.err) {
				t.Errorf("Resolve = %q, %v; want %q, %q", got, err, tt.want, tt.err)
			}
			if (missing == nil) != (tt.missing == nil) || (missing != nil && *missing != *tt.missing) {
				t.Errorf("missing = %v, want %v", missing, tt.missing)
			}
			if refs := tt.value.Refs(); !slices.Equal(refs, tt.refs) {
				t.Errorf("Refs = %v, want %v", refs, tt.refs)
			}
		})
	}
}
