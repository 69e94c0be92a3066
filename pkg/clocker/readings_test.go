package clocker_test

import (
	"encoding/json"
	"math"
	"testing"

	"clocker.io/pkg/clocker"
)

func TestAMeasureIsANumberOrNull(t *testing.T) {
	t.Parallel()
	for text, m := range map[string]clocker.Measure{
		"null": clocker.Unknown(), "0.1235": 0.123456, "12345678901": 12345678901, "0": 0, "-1.5": -1.5,
	} {
		got, err := json.Marshal(m)
		if err != nil || string(got) != text {
			t.Errorf("%v is written as %s, want %s (%v)", float64(m), got, text, err)
		}
		var back clocker.Measure
		if err := json.Unmarshal(got, &back); err != nil || back.Known() != m.Known() || math.Abs(float64(back-m)) > 1e-4 {
			t.Errorf("%s is read as %v (%v)", got, float64(back), err)
		}
	}
	if got, err := json.Marshal(clocker.Measure(math.Inf(1))); err != nil || string(got) != "null" {
		t.Errorf("infinity is written as %s (%v)", got, err)
	}
}
