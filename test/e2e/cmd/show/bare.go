package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// quick is the time in which a second demo is over.
const quick = 30 * time.Second

// bare makes this machine one without Docker, runs the demo twice and clears it away.
func bare(ctx context.Context, r *runner) outcome {
	if os.Getenv("CLOCKER_BARE") != "yes" {
		return outcome{notShown, "it removes the Docker Engine of this machine with all that is in it: set CLOCKER_BARE=yes if it may"}
	}
	plain, err := r.bare(ctx)
	if err != nil {
		return failed(err)
	}
	before, err := look(ctx, r, false)
	if err != nil {
		return failed(err)
	}
	took, err := twice(ctx, r, plain)
	if err != nil {
		return failed(err)
	}
	if _, err := plain("make", "clean-demo"); err != nil {
		return failed(err)
	}
	after, err := look(ctx, r, true)
	if err != nil {
		return failed(err)
	}
	if left := after.beyond(before); len(left) > 0 {
		return outcome{fail, "left behind: " + strings.Join(left, ", ")}
	}
	return outcome{pass, fmt.Sprintf("the second demo took %s; nothing is left", took.Round(100*time.Millisecond))}
}

// bare removes this machine's Engine and gives what runs a program in a fresh clone, in the environment that dev/bare gives
// to a command: nothing of this shell's may help.
func (r *runner) bare(ctx context.Context) (func(words ...string) (string, error), error) {
	dir, err := r.clone(ctx)
	if err != nil {
		return nil, err
	}
	compiler, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	path := filepath.Dir(compiler) + ":/usr/sbin:/usr/bin:/sbin:/bin"
	_, err = r.run(ctx, r.root, []string{"CLOCKER_BARE=yes"}, filepath.Join(r.root, "dev", "bare"))
	return func(words ...string) (string, error) {
		return r.run(ctx, dir, nil, append([]string{"env", "-i", "HOME=" + os.Getenv("HOME"), "PATH=" + path}, words...)...)
	}, err
}

// twice runs the demo two times and gives the time of the second one, which must be quick and change nothing.
func twice(ctx context.Context, r *runner, plain func(...string) (string, error)) (time.Duration, error) {
	said, err := plain("make", "demo")
	if err != nil {
		return 0, err
	}
	if !strings.Contains(said, "Inside its network") || !strings.Contains(said, "Next:") {
		return 0, errors.New("the demo does not say how a name resolves inside, or what to look at next")
	}
	if err := counts(ctx, r, said); err != nil {
		return 0, err
	}
	list := []string{"docker", "ps", "--no-trunc", "--format", "{{.ID}} {{.CreatedAt}}"}
	running, err := r.run(ctx, r.dir, nil, list...)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if _, err := plain("make", "demo"); err != nil {
		return 0, fmt.Errorf("the second time: %w", err)
	}
	took := time.Since(began)
	again, err := r.run(ctx, r.dir, nil, list...)
	switch {
	case err != nil:
		return took, err
	case running != again:
		return took, errors.New("the second demo changed what runs")
	case took > quick:
		return took, fmt.Errorf("the second demo took %s", took.Round(time.Second))
	}
	return took, nil
}

var printed = regexp.MustCompile(`http://[0-9.]+:[0-9]+/\S*`)

// counts asks the printed addresses: both members answer, and the count goes up.
func counts(ctx context.Context, r *runner, said string) error {
	urls := slices.Compact(slices.Sorted(slices.Values(printed.FindAllString(said, -1))))
	if len(urls) < 2 {
		return fmt.Errorf("the demo printed the addresses %q, want both members'", urls)
	}
	members, last := map[string]bool{}, 0
	page := regexp.MustCompile(`"container":"([^"]+)".*"visits":(\d+)`)
	for range 2 {
		for _, url := range urls[:2] {
			text, err := r.run(ctx, r.dir, nil, "curl", "-fsS", "--max-time", "5", url)
			if err != nil {
				return err
			}
			m := page.FindStringSubmatch(text)
			if m == nil {
				return fmt.Errorf("%s says %q", url, text)
			}
			visits, err := strconv.Atoi(m[2])
			if err != nil || visits <= last {
				return fmt.Errorf("the count went from %d to %s", last, m[2])
			}
			members[m[1]], last = true, visits
		}
	}
	if len(members) != 2 {
		return fmt.Errorf("%d members answered, want 2", len(members))
	}
	return nil
}

// scene is what there is on a machine, each thing in words.
type scene map[string]bool

// look lists containers, networks, volumes, images with our label, processes and listening ports. Without an Engine there
// is nothing of the first four. What the demo installs to stay, the Engine and its own networks, is left out.
func look(ctx context.Context, r *runner, engine bool) (scene, error) {
	s := scene{}
	for _, words := range [][]string{
		{"docker", "ps", "--all", "--format", "container {{.Names}}"},
		{"docker", "network", "ls", "--filter", "type=custom", "--format", "network {{.Name}}"},
		{"docker", "volume", "ls", "--format", "volume {{.Name}}"},
		{"docker", "image", "ls", "--all", "--filter", "label=io.clocker.installation", "--format", "image {{.ID}}"},
		{"ps", "-eo", "comm="},
		{"sh", "-c", `awk 'FNR > 1 && $4 == "0A" { split($2, a, ":"); print "port", a[2] }' /proc/net/tcp /proc/net/tcp6`},
	} {
		if words[0] == "docker" && !engine {
			continue
		}
		text, err := r.run(ctx, r.dir, nil, words...)
		if err != nil {
			return nil, err
		}
		for _, thing := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
			if thing = strings.TrimSpace(thing); !stays(thing) {
				s[thing] = true
			}
		}
	}
	return s, nil
}

// stays reports whether a thing is the Engine's own, or of the looking itself.
func stays(thing string) bool {
	for _, name := range []string{"", "dockerd", "containerd", "docker", "ps", "sh", "awk", "go", "show", "make", "git", "kworker"} {
		if thing == name || (name == "kworker" && strings.HasPrefix(thing, name)) {
			return true
		}
	}
	return false
}

// beyond lists what is in s and not in other.
func (s scene) beyond(other scene) []string {
	var out []string
	for thing := range s {
		if !other[thing] {
			out = append(out, thing)
		}
	}
	slices.Sort(out)
	return out
}
