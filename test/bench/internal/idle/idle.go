package idle

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"clocker.io/test/bench/internal/result"
	"clocker.io/test/bench/internal/sandbox"
)

const (
	settle  = 20 * time.Second // after the last thing that was asked
	measure = time.Minute

	aimMemory = 150 // MiB, of Clocker alone
	aimCPU    = 1   // percent of one core, of Clocker alone
)

// blueprint is the one application that runs meanwhile.
const blueprint = `
id: idle
location: my-docker-cloud
services:
  - type: docker:%s
    id: box
`

// Run deploys a container, lets everything come to rest and then looks for a minute.
func Run(ctx context.Context, s *sandbox.Sandbox, say func(string, ...any)) ([]result.Result, error) {
	if err := s.Clocker.Do(ctx, http.MethodPost, "/v1/applications", fmt.Appendf(nil, blueprint, s.Tag), nil); err != nil {
		return nil, err
	}
	if err := rest(ctx, settle); err != nil {
		return nil, err
	}
	before, countsBefore, err := look(ctx, s)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := rest(ctx, measure); err != nil {
		return nil, err
	}
	took := time.Since(began)
	after, countsAfter, err := look(ctx, s)
	if err != nil {
		return nil, err
	}
	used := usage(before, after, took)
	say("What runs, over %s:\n%s", measure, used.table())
	say("What goes on, by Clocker's own measures:\n%s", busiest(countsBefore, countsAfter, took))
	return results(used), nil
}

func results(u used) []result.Result {
	of := fmt.Sprintf("at rest with one container, over %s; ", measure)
	clocker, postgres := u.of(isClocker), u.of(isPostgres)
	return []result.Result{
		result.Less("idle.memory", of+"proportional set size of clocker up without its Postgres, against an aim", clocker.memory, aimMemory, "MiB"),
		result.Less("idle.cpu", of+"clocker up without its Postgres, of one core, against an aim", clocker.cpu, aimCPU, "%"),
		{Name: "idle.memory.postgres", Work: of + "proportional set size of its Postgres", Ours: postgres.memory, Unit: "MiB"},
		{Name: "idle.cpu.postgres", Work: of + "its Postgres, of one core", Ours: postgres.cpu, Unit: "%"},
	}
}

// look takes every process inside, and Clocker's own measures.
func look(ctx context.Context, s *sandbox.Sandbox) (map[int]process, map[string]float64, error) {
	var text string
	if err := s.Clocker.Do(ctx, http.MethodGet, "/metrics", nil, &text); err != nil {
		return nil, nil, err
	}
	list, err := processes()
	return list, counters(text), err
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func isClocker(name string) bool  { return name == "clocker" }
func isPostgres(name string) bool { return strings.HasPrefix(name, "postgres") }
