package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
)

// systemLines are those of the system: many processes, started by Compose, each with the rights it needs.
func systemLines() []line {
	return []line{
		{1, "make up on a bare machine, deploy, down, up: same applications, addresses, numbers; both Compose versions", composed},
		{2, "each credential on every other's subjects, schemas and paths is refused, and an agent as another host's", tests(
			"TestEachCredentialReachesItsOwnSubjectsAndNoOthers", "TestEachDatabaseRoleReachesItsOwnSchemaAndNoOthers",
			"TestEachRoleReachesItsOwnPathsAndNoOthers")},
		{3, "two of each scalable service, 1,000 containers: nothing twice, nothing lost; one of each stopped past its lease", tests(
			"TestAProcessStoppedPastItsLeaseIsRefusedWhenItGoesOn",
			"TestASequencerThatIsStoppedAgainAndAgainNumbersAndPublishesNothingTwice", "TestAPublisherThatIsBehindStoresNothing",
			"TestTwoOfEachServiceDoNothingTwiceAlsoWhenOneStandsStill")},
		{4, "the stream wiped, flipped, cut, its disk full; Postgres, NATS, both stopped for ten minutes", outages},
		{5, "an SSE client cut 200 times beside a subscriber: same numbers; a pruned number is gone", tests(
			"TestAReaderCutTwoHundredTimesSeesWhatASubscriberSees")},
		{6, "a poison event, a handler that panics, all twice and out of order: others flow, retry after the mend", tests(
			"TestEventsThatNoServiceCanReadHoldUpNobody", "TestEventsThatCannotBeReadAreDeadLettersAndOthersPass",
			"TestAPanicOfOneContainerCostsItsNeighboursATransactionAndIsToldWithItsStackOnce",
			"TestAHandlerThatFailsForOneContainerEndsInDeadLettersOthersFlowAndARetryAfterTheMendStartsIt",
			"TestTheWatchdogHasADeadLetterHandledOnceItsCauseIsGone", "TestADeadLetterIsRetriedAfterTheMendOrDropped",
			"TestOneThatCannotBePlacedHoldsUpNobodyWhoWaitsBesideIt",
			"TestEveryEventTwiceAndOutOfOrderEndsInTheSameStateWithEachEffectOnce")},
		{7, "make bench NAME=events: events a second through the whole pipeline, and one from commit to handler",
			bench(aims{"events.pipeline": 1, "events.pipeline.sync-always": 1}, "events")},
	}
}

// composed makes a bare machine run the system, where it may, and boots it with each Compose there is. A current one is not
// on every machine.
func composed(ctx context.Context, r *runner) outcome {
	var missing []string
	if os.Getenv("CLOCKER_BARE") == "yes" {
		plain, err := r.bare(ctx)
		if err == nil {
			_, err = plain("make", "up")
		}
		if err == nil {
			_, err = plain("make", "down")
		}
		if err != nil {
			return failed(err)
		}
	} else {
		missing = append(missing, "a bare machine (set CLOCKER_BARE=yes if this one's Docker Engine may be removed with all that is in it)")
	}
	o := r.tests(ctx, suite{names: []string{
		"TestTheComposeFileIsAcceptedByTheSpecificationAndByWhatComposeThereIs",
		"TestEverySettingOfTheExampleIsUsedAndIsTheDefault", "TestEachProcessOfTheComposeFileHasNoMoreThanItNeeds",
		"TestWithComposeEverythingIsKeptOverDownAndUp", "TestAFirstStartOfComposeThatIsKilledHeals",
		"TestComposesCertificatesAreRotatedUnderRunningServices"}, env: []string{"CLOCKER_COMPOSE=full"}})
	if o.verdict != pass {
		return o
	}
	current := exec.CommandContext(ctx, "docker", "compose", "version").Run() == nil
	_, err := exec.LookPath("docker-compose")
	switch old := err == nil; {
	case current && old: // the tests took the current one
		again := r.tests(ctx, suite{names: []string{"TestWithComposeEverythingIsKeptOverDownAndUp"},
			env: []string{"CLOCKER_COMPOSE=full", "CLOCKER_COMPOSE_OLD=yes"}})
		if again.verdict != pass {
			return again
		}
	case !current:
		missing = append(missing, "a boot with a current Compose, which this machine has not")
	default:
		missing = append(missing, "a boot with docker-compose, which this machine has not")
	}
	if len(missing) > 0 {
		return outcome{notShown, strings.Join(missing, "; ") + "; shown: " + o.text}
	}
	return o
}

// outages runs the short tests of the stream, then the long outages beside each other: each is an installation of its own.
func outages(ctx context.Context, r *runner) outcome {
	stream := r.tests(ctx, suite{names: []string{"TestADamagedStreamIsSeenAgainstPostgresAndFilledAgainWithNothingLostOrDoubled",
		"TestAWipedStreamIsFilledAgainAndNothingIsHandledTwice", "TestAFullDiskHoldsUpNothingAndTheStreamComesBackWhenThereIsSpace",
		"TestWhatTheStreamDoesNotBringIsTakenFromTheLogOnce"}})
	if stream.verdict != pass {
		return stream
	}
	long := r.tests(ctx, suite{names: []string{"TestContainersRunOnWhilePostgresOrNATSIsAway"}, env: []string{"CLOCKER_OUTAGE=10m"},
		args: []string{"-parallel=4"}})
	long.text = stream.text + "; for ten minutes: " + long.text
	return long
}
