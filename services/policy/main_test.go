package policy

import (
	"flag"
	"os"
	"testing"
)

// A check of a property here plays a whole story on Postgres; internal/line runs the same properties in memory, where
// they cost nothing. A count given on the command line wins.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		_ = flag.Set("rapid.checks", "10")
	}
	os.Exit(m.Run())
}
