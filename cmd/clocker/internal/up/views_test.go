package up

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"clocker.io/pkg/pg/pgtest"
)

// TestViewsKeepTheirContract compares every column of the views that services publish with pgtest/views.sql, which the
// tests of their neighbours stand on. A view may have more columns than the contract names.
func TestViewsKeepTheirContract(t *testing.T) {
	t.Parallel()
	columns := func(given bool) map[string]string {
		db := pgtest.Open(t, "api")
		if given {
			db = pgtest.Open(t, "api", schemas()...)
		}
		out := map[string]string{}
		for _, row := range pgtest.Query(t, db, `
			select table_schema || '.' || table_name || '.' || column_name as name, data_type::text as type
			from information_schema.columns
			where table_name like 'v\_%' and table_schema <> 'events'`) {
			out[fmt.Sprint(row["name"])] = fmt.Sprint(row["type"])
		}
		return out
	}
	contract, real := columns(false), columns(true)
	if len(contract) < 50 {
		t.Fatalf("the contract has %d columns only", len(contract))
	}
	for _, name := range slices.Sorted(maps.Keys(contract)) {
		if got := real[name]; got != contract[name] {
			t.Errorf("%s is %q, the contract says %q", name, got, contract[name])
		}
	}
}
