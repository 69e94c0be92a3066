package e2e

import (
	"fmt"
	"strings"
	"testing"

	"clocker.io/test/e2e/internal/rig"
)

// Whoever edits, removes or swaps rows of the log of events is found out, with the number of the first bad one.
func TestAuditVerifyNamesTheFirstEventThatWasTamperedWith(t *testing.T) {
	t.Parallel()
	r := rig.Up(t)
	r.Remove(r.Deploy(oneService("audited", "hold")))
	if said, stderr, code := r.CLI("audit", "verify"); code != 0 {
		t.Fatalf("the log is bad before anybody touched it: %s%s", said, stderr)
	}
	n := r.Events.Last() / 2
	r.SQL("create table public.kept as select * from events.events")
	for _, tt := range []struct {
		name string
		do   string
	}{
		{"edited", `update events.events set data = convert_to(replace(convert_from(data, 'UTF8'), 'audited', 'auditor'), 'UTF8')
			where number = %[1]d`},
		{"removed", `delete from events.events where number = %[1]d`},
		{"swapped with the next", `
			update events.events set number = -1 * number where number in (%[1]d, %[1]d + 1);
			update events.events set number = 2 * %[1]d + 1 + number where number < 0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.SQL("alter table events.events drop constraint if exists events_number_check;" + fmt.Sprintf(tt.do, n))
			said, stderr, code := r.CLI("audit", "verify")
			if want := fmt.Sprintf("event %d", n); code == 0 || !strings.Contains(said, want) {
				t.Errorf("it ended with %d and does not name %s:\n%s%s", code, want, said, stderr)
			}
			r.SQL("delete from events.events; insert into events.events select * from public.kept")
			if said, stderr, code := r.CLI("audit", "verify"); code != 0 {
				t.Errorf("the log is bad after it was put right: %s%s", said, stderr)
			}
		})
	}
}

// whole wants the log of events to be without a gap and unedited, to tell all that the views show, and every event in it to
// be handled.
func whole(t *testing.T, r *rig.Rig) {
	t.Helper()
	if gap := r.Events.Gap(); gap != "" {
		t.Errorf("the numbers of events: %s", gap)
	}
	if n := r.DeadLetters(); n != 0 {
		t.Errorf("%d events are dead letters", n)
	}
	for _, args := range [][]string{{"audit", "verify"}, {"audit", "replay", "--check"}} {
		if said, stderr, code := r.CLI(args...); code != 0 {
			t.Errorf("%s ended with %d: %s%s", strings.Join(args, " "), code, said, stderr)
		}
	}
}
