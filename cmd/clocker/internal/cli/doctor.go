package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"clocker.io/cmd/clocker/internal/doctor"
	"clocker.io/cmd/clocker/internal/probe"

	"github.com/spf13/cobra"
)

const doctorLong = `Looks at the Docker Engine, the data directory, Postgres, ports, disks, clocks, names, other installations, certificates, and
at the Clocker that runs, if one does. It names what is wrong, each with its mend, changes nothing, and takes some seconds at
most, also when something hangs.

It ends with 0 when there is no fault. Warnings are things to know that keep nothing from working now. Settings are those of
clocker up: give both the same environment.`

func (s *Shell) doctor() *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use: "doctor", Short: "Find what is wrong, and what mends it", Args: exactly(), Long: doctorLong,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := s.probe()
			if err != nil {
				return err
			}
			findings := doctor.Judge(probe.Look(c.Context(), settings))
			if err := c.Context().Err(); err != nil {
				return err // what was not looked at is no finding
			}
			faults := doctor.Count(findings, doctor.Fault)
			raw, err := json.Marshal(map[string]any{"ok": faults == 0, "faults": faults, "warnings": doctor.Count(findings, doctor.Warning),
				"findings": findings})
			if err != nil {
				return err
			}
			if err := s.show(raw, func() string { return s.findings(findings, verbose) }, wrong(findings)...); err != nil || faults == 0 {
				return err
			}
			return errors.New("something is wrong")
		},
	}
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "also what is fine")
	return named(c)
}

// wrong are the codes of what is not fine.
func wrong(all []doctor.Finding) []string {
	var out []string
	for _, f := range all {
		if f.Level != doctor.Fine {
			out = append(out, f.Code)
		}
	}
	return out
}

// probe is what to look at: what the other commands would use. A token that cannot be read is something to be told of, and
// it is only looked for when the API is on this machine.
func (s *Shell) probe() (probe.Settings, error) {
	p := probe.Settings{Env: s.Env, Now: s.Now, Dir: s.dataDir(), Version: version(), Here: true}
	var usage *usageError
	switch p.API, p.Unasked = s.api(); {
	case errors.As(p.Unasked, &usage):
		return p, p.Unasked
	case p.Unasked == nil:
		p.Token, p.Named = s.asked.tokenFrom, s.url != "" || s.Env("CLOCKER_URL") != "" || p.API.Base != s.localURL()
		u, err := url.Parse(p.API.Base)
		p.Here = err == nil && onThisMachine(u)
	}
	return p, nil
}

func (s *Shell) findings(all []doctor.Finding, verbose bool) string {
	p := s.outPaint()
	paint := map[doctor.Level]func(string) string{doctor.Fault: p.Bad, doctor.Warning: p.Warn, doctor.Fine: p.Good}
	var b strings.Builder
	for _, f := range all {
		if f.Level == doctor.Fine && !verbose {
			continue
		}
		fmt.Fprintf(&b, "%s  %s: %s\n", paint[f.Level](fmt.Sprintf("%-7s", f.Level)), f.Code, f.Text)
		for _, line := range f.Mend {
			fmt.Fprintf(&b, "         - %s\n", line)
		}
	}
	fmt.Fprintf(&b, "checks: %d, faults: %d, warnings: %d\n", len(all), doctor.Count(all, doctor.Fault), doctor.Count(all, doctor.Warning))
	return b.String()
}
