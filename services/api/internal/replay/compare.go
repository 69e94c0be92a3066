package replay

import (
	"maps"
	"slices"
	"strings"
)

// Nothing stands for a row that one side lacks.
const Nothing = "nothing"

// Difference is where the views do not show what the log tells. Field is empty when one of them lacks the row.
type Difference struct {
	Table string `json:"table"`
	Key   string `json:"key"`
	Field string `json:"field,omitempty"`
	Log   string `json:"log"`
	View  string `json:"view"`
}

// Compare lists where seen, the rows of the views, differs from what was told, by table and key. Untold is how many rows
// only the views have while the beginning of the log is pruned: nobody can tell whether they are right.
func (f *Fold) Compare(seen Model, pruned bool) (list []Difference, untold int) {
	for _, table := range Tables() {
		told, shown := f.model[table], seen[table]
		keys := slices.Collect(maps.Keys(told))
		for key := range shown {
			if told[key] == nil {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			switch {
			case shown[key] == nil && f.may[table][key]:
			case shown[key] == nil:
				list = append(list, Difference{Table: table, Key: key, Log: words(told[key]), View: Nothing})
			case told[key] != nil:
				list = append(list, f.fields(table, key, shown[key])...)
			case table == Hosts && shown[key]["state"] != "ready": // it is on its way to be ready for the first time
			case pruned:
				untold++
			default:
				list = append(list, Difference{Table: table, Key: key, Log: Nothing, View: words(shown[key])})
			}
		}
	}
	return list, untold
}

func (f *Fold) fields(table, key string, shown Fields) (list []Difference) {
	told := f.model[table][key]
	// Policy notes silently that a container is to end once its older generations are gone.
	ends := table == Containers && told["wanted"] == "true" && shown["wanted"] == "false" && f.parting(key)
	for _, field := range slices.Sorted(maps.Keys(told)) {
		if ends && (field == "wanted" || field == "state") || shown[field] == told[field] {
			continue
		}
		list = append(list, Difference{Table: table, Key: key, Field: field, Log: told[field], View: shown[field]})
	}
	return list
}

// words are the fields of a row in one line.
func words(fields Fields) string {
	parts := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, name+"="+fields[name])
	}
	return strings.Join(parts, " ")
}
