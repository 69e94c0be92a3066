package result

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestResultsReplaceThoseOfTheSameNameAndKeepTheOthers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bench", "results.json")
	for _, batch := range [][]Result{
		{Rate("a", "w", 10, 40, "x/s"), {Name: "b", Ours: 2.5, Unit: "ms"}},
		{Rate("a", "w", 80, 40, "x/s")},
	} {
		if err := Merge(file, batch); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []Result
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "b" || got[1].Ours != 80 || got[1].Ratio != 2 {
		t.Errorf("the file holds %+v", got)
	}
	if table := Table(got); !strings.Contains(table, "2.50") || !strings.Contains(table, "2.00") {
		t.Errorf("the table is\n%s", table)
	}
}

func TestAQuantileLiesBetweenTheValuesBesideIt(t *testing.T) {
	t.Parallel()
	values := []float64{40, 10, 30, 20}
	for share, want := range map[float64]float64{0: 10, 0.5: 25, 0.95: 38.5, 1: 40} {
		if got := Quantile(values, share); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %v of %v is %v, want %v", share, values, got, want)
		}
	}
	if got := Quantile([]float64{7}, 0.95); got != 7 {
		t.Errorf("of one value it is %v", got)
	}
	if got := Quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("of no value it is %v", got)
	}
	if values[0] != 40 {
		t.Error("the values were put in order for their owner, too")
	}
}

func TestOfTimesTheShorterIsBetter(t *testing.T) {
	t.Parallel()
	ms := Milliseconds([]time.Duration{50 * time.Millisecond, 1500 * time.Microsecond})
	if r := Time("a", "w", ms[0], 100); r.Ratio != 2 || r.Unit != "ms" || ms[1] != 1.5 {
		t.Errorf("%+v, %v", r, ms)
	}
	if r := Time("a", "w", -3, 70); r.Ratio < 100 || r.Ours != -3 {
		t.Errorf("faster than the peer by itself: %+v", r)
	}
}
