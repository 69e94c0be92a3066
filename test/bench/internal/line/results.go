package line

import (
	"fmt"
	"time"

	"clocker.io/test/bench/internal/result"
)

// over is what Clocker may take beyond the Engine's own time for one container, in milliseconds.
const over = 70

// position picks a container of a round by its place in the order of starting.
type position func(times []time.Duration) time.Duration

func first(times []time.Duration) time.Duration { return times[0] }
func middle(times []time.Duration) time.Duration {
	return times[(len(times)-1)/2]
}
func last(times []time.Duration) time.Duration { return times[len(times)-1] }

// of is a quantile over the rounds, in milliseconds.
func (m measured) of(name string, p position, q float64) float64 {
	var all []time.Duration
	for _, times := range m[name] {
		all = append(all, p(times))
	}
	return result.Quantile(result.Milliseconds(all), q)
}

func resultsOfOne(m measured) []result.Result {
	work := fmt.Sprintf("from being asked to the start of 1 container on a private network, image present, of %d rounds in turns; ", len(m["clocker"]))
	var out []result.Result
	for _, peer := range []string{"engine", "swarm"} {
		for _, q := range []struct {
			name, text string
			q          float64
		}{{"", "p50", 0.5}, {".p95", "p95", 0.95}} {
			out = append(out, result.Time("line.one.vs-"+peer+q.name, work+q.text, m.of("clocker", last, q.q), m.of(peer, last, q.q)))
		}
	}
	return append(out, result.Time("line.one.over-engine.p95", fmt.Sprintf("%sp95, against an aim: the Engine's p95 and %d ms", work, over),
		m.of("clocker", last, 0.95), m.of("engine", last, 0.95)+over))
}

func resultsOfFifty(m measured, width int) []result.Result {
	work := fmt.Sprintf("from being asked to the start of %%s of %d containers on a private network, image present, of %d rounds in turns; direct calls %d at once; ",
		many, len(m["clocker"]), width)
	var out []result.Result
	for _, peer := range []string{"engine", "swarm"} {
		for _, p := range []struct {
			name, text string
			p          position
		}{{"", "the last", last}, {".first", "the first", first}, {".median", "the median", middle}} {
			out = append(out, result.Time("line.fifty.vs-"+peer+p.name, fmt.Sprintf(work, p.text)+"p50",
				m.of("clocker", p.p, 0.5), m.of(peer, p.p, 0.5)))
		}
		out = append(out, result.Time("line.fifty.vs-"+peer+".p95", fmt.Sprintf(work, "the last")+"p95",
			m.of("clocker", last, 0.95), m.of(peer, last, 0.95)))
	}
	return out
}
