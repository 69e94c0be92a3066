package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// userLines are those of what a user touches on one machine: errors, the command line, documentation, and speed.
func userLines() []line {
	return []line{
		{1, "sixty golden error texts, ten mistakes in one go, and ten minutes of the fuzz target", mistakes},
		{2, "the tour word for word in a terminal; exec -it with resize and exit code; doctor on ten planted faults; completion in three shells", tests(
			"TestTheTourIsWhatAReaderSees", "TestACommandInAContainer", "TestDoctorNamesEachPlantedFaultWithItsMend",
			"TestDoctorOnARunningClocker", "TestEachExampleIsDeployed", "TestEachShellCompletesByTheLinesOfTheDocumentation")},
		{3, "make bench NAME=line and NAME=idle: POST to running against the Engine and Swarm, and what an idle Clocker costs", bench(aims{
			"line.one.over-engine.p95": 1, "line.fifty.vs-engine": 1 / 1.1, "line.fifty.vs-engine.p95": 1 / 1.1, "line.one.vs-swarm": 1,
			"line.fifty.vs-swarm.first": 1, "line.fifty.vs-swarm.median": 1, "idle.memory": 1, "idle.cpu": 1,
		}, "line", "idle")},
		{4, "lists and events at 10,000 containers: a page under 200 ms, memory flat", lists},
		{5, "public validators on OpenAPI and AsyncAPI; a generated client makes the calls of the tour; the pages in a browser", tests(
			"TestPublicValidatorsFindNothingWrongWithTheDocumentsAndSomethingWithBrokenOnes",
			"TestAClientThatAPublicGeneratorMadeOfTheDocumentMakesTheCallsOfTheTour",
			"TestEachPageLoadsAsksNobodyElseFitsATelephoneAndLeadsNowhereDead", "TestEachKindOfPageIsAccessibleInLightAndInDark",
			"TestEachLinkAndControlIsReachedByTabInOrderAndIsSeen")},
	}
}

var executions = regexp.MustCompile(`elapsed: (\S+), execs: (\d+)`)

// mistakes compares the golden texts and runs the fuzz target, for CLOCKER_FUZZ where ten minutes are too long.
func mistakes(ctx context.Context, r *runner) outcome {
	texts := r.tests(ctx, suite{names: []string{"TestEachMistakeIsShownAsInItsFile", "TestThereAreSixtyMistakesAndOneOfEachCode",
		"TestValidateShowsTheMistakes", "TestEachCodeHasAPageThatShowsIt", "TestGoodBlueprintsAreValidByTheSchema", "TestTheSchemaRefusesWhatItCanSay"}})
	if texts.verdict != pass {
		return texts
	}
	const whole = "10m"
	asked := cmp.Or(os.Getenv("CLOCKER_FUZZ"), whole)
	out, err := r.run(ctx, filepath.Join(r.root, "pkg", "blueprint"), nil,
		"go", "test", "-run=^$", "-fuzz=^FuzzParse$", "-fuzztime="+asked, "-fuzzminimizetime=20x", "-timeout=30m", ".")
	if err != nil {
		return failed(err)
	}
	all := executions.FindAllStringSubmatch(out, -1)
	if len(all) == 0 {
		return outcome{fail, "the fuzz target said nothing of what it ran"}
	}
	end := all[len(all)-1]
	text := fmt.Sprintf("%s; the fuzz target ran %s inputs in %s", texts.text, end[2], end[1])
	if asked != whole {
		return outcome{notShown, text + ", which is not ten minutes: CLOCKER_FUZZ is set"}
	}
	return outcome{pass, text}
}

// lists asks what lists read of the database, and measures them.
func lists(ctx context.Context, r *runner) outcome {
	rows := r.tests(ctx, suite{names: []string{"TestAPageReadsNoMoreRowsHoweverManyThereAre", "TestMemoryIsFlatHoweverLongAListIs"}})
	if rows.verdict != pass {
		return rows
	}
	wanted := aims{}
	for _, name := range []string{"containers", "applications", "hosts", "images", "operations", "events"} {
		wanted["lists.10k."+name] = 1
	}
	// A process is never quite the same size twice; growth by the number of rows would be tenfold.
	for _, name := range []string{"ps", "ps-json", "events-json"} {
		wanted["lists.10k.cli-memory."+name] = 0.7
	}
	o := bench(wanted, "lists")(ctx, r)
	o.text = rows.text + "; " + o.text
	return o
}
