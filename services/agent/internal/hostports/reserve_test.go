package hostports

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReserve(t *testing.T) {
	t.Parallel()
	const usual = "32768\t60999\n"
	for _, tt := range []struct {
		name, reserved, automatic, want, says string
	}{
		{"the first", "\n", usual, "49000-65535", ""},
		{"beside others", "8080,9000-9010\n", usual, "8080,9000-9010,49000-65535", ""},
		{"others in any order", "9000-9010,8080\n", usual, "8080,9000-9010,49000-65535", ""},
		{"over a part", "50000-50010\n", usual, "49000-65535", ""},
		{"joined to what touches it", "48999\n", usual, "48999-65535", ""},
		{"there already", "49000-65535\n", usual, "", ""},
		{"there already within more", "80,40000-65535\n", usual, "", ""},
		{"there already in pieces", "50001-65535,49000-50000\n", usual, "", ""},
		{"too few would be left", "", "49152 65535", "", "of the ports 49152 to 65535, from which the kernel gives one to what asks for any, 0 would be left"},
		{"too few would be left beside others", "32768-48000\n", usual, "", "999 would be left"},
		{"what nobody understands is left alone", "all\n", usual, "", `"all" is no port and no range of ports`},
		{"a range that ends before it begins", "10-9\n", usual, "", `"10-9" is no port`},
		{"no range", "", "many", "", `"many" is no range of ports`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Reserve(tt.reserved, tt.automatic, 49000, 65535)
			said := ""
			if err != nil {
				said = err.Error()
			}
			if got != tt.want || tt.says == "" && err != nil || !strings.Contains(said, tt.says) {
				t.Errorf("got %q, %q; want %q, %q", got, said, tt.want, tt.says)
			}
		})
	}
}

// Whatever was reserved stays so, what is added is, and nothing else; a second time there is nothing to do.
func TestReserveTakesNothingAway(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var spans []span
		var words []string
		for range rapid.IntRange(0, 5).Draw(t, "spans") {
			first := rapid.IntRange(1, 32000).Draw(t, "first")
			s := span{first, first + rapid.IntRange(0, 500).Draw(t, "more")}
			spans, words = append(spans, s), append(words, s.String())
		}
		got, err := Reserve(strings.Join(words, ","), "32768 60999", 49000, 65535)
		if err != nil {
			t.Fatal(err)
		}
		after, err := parse(got)
		if err != nil {
			t.Fatal(err)
		}
		in := func(n int, all []span) bool {
			for _, s := range all {
				if n >= s.first && n <= s.last {
					return true
				}
			}
			return false
		}
		for n := 1; n <= 65535; n++ {
			if want := n >= 49000 || in(n, spans); in(n, after) != want {
				t.Fatalf("port %d: reserved %v, want %v: %s", n, !want, want, got)
			}
		}
		if again, err := Reserve(got, "32768 60999", 49000, 65535); again != "" || err != nil {
			t.Fatalf("again: %q, %v", again, err)
		}
	})
}
