package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// line is one of those that must be shown.
type line struct {
	number int
	text   string
	run    func(ctx context.Context, r *runner) outcome
}

// pieces of work, by their short names.
var pieces = map[string]func() []line{"line": lineLines, "system": systemLines, "user": userLines}

// lineLines are those of the line: one blueprint that becomes running containers.
func lineLines() []line {
	return []line{
		{1, "without Docker, a fresh clone: make demo, again, make clean-demo leaves what was there before", bare},
		{2, "the ordered events of one application, from submitted to gone, against the golden text", tests("TestTheStoryOfOneApplication")},
		{3, "kill -9 of each service, NATS and Postgres at each moment of a deployment of 20 containers", kills},
		{4, "address and name are kept over kill, rm -f, restarts of agent and Engine, all stopped and up; crash loop", tests(
			"TestAContainerKeepsItsAddressAndName", "TestContainersRunOnWhileEverythingIsStoppedAndUpAgain",
			"TestAContainerKeepsItsAddressAndNameOverARestartOfTheEngine", "TestACrashLoopBacksOffAndIsGivenUp")},
		{5, "bad input, each with its golden text and nothing left behind", tests("TestBadInputIsRefusedInWordsAndLeavesNothing")},
		{6, "audit verify names the number after an event was edited, removed, swapped", tests("TestAuditVerifyNamesTheFirstEventThatWasTamperedWith")},
		{7, "an orphan of each kind is collected; foreign things survive", tests("TestOrphansAreCollectedAndForeignThingsSurvive")},
		{8, "make check test from a fresh clone: green, timed, warm and cold", fresh},
	}
}

func tests(names ...string) func(context.Context, *runner) outcome {
	return func(ctx context.Context, r *runner) outcome { return r.tests(ctx, suite{names: names}) }
}

func kills(ctx context.Context, r *runner) outcome {
	return r.tests(ctx, suite{names: []string{"TestAnythingMayBeKilledAtAnyMoment"}, env: []string{"CLOCKER_KILL=full"}})
}

// fresh runs what continuous integration runs, with the caches there are and, if asked to, with none.
func fresh(ctx context.Context, r *runner) outcome {
	dir, err := r.clone(ctx)
	if err != nil {
		return failed(err)
	}
	began := time.Now()
	if _, err := r.run(ctx, dir, nil, "make", "check", "test"); err != nil {
		return failed(err)
	}
	text := "warm " + time.Since(began).Round(time.Second).String()
	if os.Getenv("CLOCKER_SHOW_COLD") != "yes" {
		return outcome{notShown, text + "; cold: set CLOCKER_SHOW_COLD=yes"}
	}
	cache := filepath.Join(r.dir, "cache")
	if err := os.Mkdir(cache, 0o755); err != nil {
		return failed(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return failed(err)
	}
	if dir, err = r.clone(ctx); err != nil {
		return failed(err)
	}
	began = time.Now()
	if _, err := r.run(ctx, dir, []string{"GOCACHE=" + cache}, "make", "check", "test"); err != nil {
		return failed(fmt.Errorf("%s; cold: %w", text, err))
	}
	return outcome{pass, fmt.Sprintf("%s; cold %s", text, time.Since(began).Round(time.Second))}
}
