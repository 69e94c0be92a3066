package result

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
