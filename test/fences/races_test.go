package fences

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	leftOut = regexp.MustCompile(`^race:([\w.-]+)/(v\d+)/(\w+)\.(?:\(\*\w+\)\.)?\w+$`)
	ofWhich = regexp.MustCompile(`(?m)^# ([\w.-]+) (\d+\.\d+\.\d+) `)
)

// What the race detector leaves out is one function of somebody else's, in the version that has the race: a line that is
// wider would hide races of ours, and one that outlives its version would hide the next.
func TestTheRaceDetectorLeavesOutSingleFunctionsOfOthersInTheVersionThatHasThem(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../races.txt")
	if err != nil {
		t.Fatal(err)
	}
	requires, err := os.ReadFile("../../pkg/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for part := range strings.SplitSeq(string(text), "\n\n") {
		why := ofWhich.FindStringSubmatch(part)
		for line := range strings.Lines(part) {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			looked++
			m := leftOut.FindStringSubmatch(line)
			if m == nil || why == nil || why[1] != m[1] || strings.Contains(line, "clocker.io") {
				t.Errorf("%q is no single function of a module whose version is above it", line)
				continue
			}
			if !regexp.MustCompile(`/` + m[1] + `/` + m[2] + ` v` + regexp.QuoteMeta(why[2]) + `\n`).Match(requires) {
				t.Errorf("%q is about %s %s, which is not what pkg/go.mod requires: look whether the race is still there", line, why[1], why[2])
			}
		}
	}
	if looked == 0 {
		t.Error("no line was looked at; when none is left, the file and this test go")
	}
}
