package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Level is how bad a finding is.
type Level string

// Levels of a Finding. A warning is something to know that keeps nothing from working now.
const (
	Fine    Level = "fine"
	Warning Level = "warning"
	Fault   Level = "fault"
)

// Finding is the outcome of one check. Mend is what to do about it, one way a line.
type Finding struct {
	Code  string   `json:"code"`
	Level Level    `json:"level"`
	Text  string   `json:"text"`
	Mend  []string `json:"mend,omitempty"`
}

func fine(code, format string, args ...any) Finding {
	return Finding{Code: code, Level: Fine, Text: fmt.Sprintf(format, args...)}
}

func warning(code, text string, mend ...string) Finding {
	return Finding{Code: code, Level: Warning, Text: line(text), Mend: mend}
}

func fault(code, text string, mend ...string) Finding {
	return Finding{Code: code, Level: Fault, Text: line(text), Mend: mend}
}

// line makes one of a reason that has several, as those of Postgres have.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// Judge gives the findings of all checks: faults first, then warnings, then what is fine, each in the order of the checks.
func Judge(f Facts) []Finding {
	var all []Finding
	for _, check := range []func(Facts) []Finding{
		silences, judgeEngine, judgeData, judgeSecrets, judgeLock, judgeDatabase, judgePorts, judgeDisks, judgeClocks,
		judgeMachine, judgeNames, judgeRoutes, judgeOthers, judgeAPI, judgeServices, judgeEvents, judgeCertificates,
	} {
		all = append(all, check(f)...)
	}
	order := map[Level]int{Fault: 0, Warning: 1, Fine: 2}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(order[a.Level], order[b.Level]) })
	return all
}

// Count is how many findings are of a level.
func Count(all []Finding, l Level) int {
	n := 0
	for _, f := range all {
		if f.Level == l {
			n++
		}
	}
	return n
}

// silences are the looks that were given up. What they would have told is missing, so they are faults of their own.
func silences(f Facts) []Finding {
	var out []Finding
	for _, s := range f.Silent {
		out = append(out, fault("no-answer", fmt.Sprintf("looking at %s took longer than %s and was given up", s.What, s.After),
			"a file system or a device that hangs holds it up: see dmesg, and mounts of other machines with: mount -t nfs,nfs4,cifs"))
	}
	return out
}
