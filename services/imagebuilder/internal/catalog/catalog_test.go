package catalog_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clocker.io/pkg/clocker"
	"clocker.io/services/imagebuilder/internal/catalog"
)

var (
	redis = clocker.ImageSource{Reference: "docker.io/library/redis:7"}
	built = clocker.ImageSource{Dockerfile: "FROM scratch"}
)

func TestAsk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		image catalog.Image
		there bool
		want  catalog.Step
	}{
		{"a reference under way", catalog.Image{Source: redis, State: catalog.Working}, true, catalog.Join},
		{"a reference that is there", catalog.Image{Source: redis, State: catalog.Ready}, true, catalog.Start},
		{"a reference between tries", catalog.Image{Source: redis, State: catalog.Working, Pause: time.Second}, true, catalog.Start},
		{"a reference that failed", catalog.Image{Source: redis, State: catalog.Failed}, true, catalog.Start},
		{"a build under way", catalog.Image{Source: built, State: catalog.Working}, true, catalog.Join},
		{"a build that is there", catalog.Image{Source: built, State: catalog.Ready}, true, catalog.Reuse},
		{"a build whose host is gone", catalog.Image{Source: built, State: catalog.Ready}, false, catalog.Start},
		{"a build that failed", catalog.Image{Source: built, State: catalog.Failed}, true, catalog.Start},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.image.Ask(tt.there); got != tt.want {
				t.Errorf("Ask = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTake(t *testing.T) {
	t.Parallel()
	at := func(attempt int, f clocker.ImageFact) clocker.ImageFact { f.Attempt = attempt; return f }
	for _, tt := range []struct {
		name    string
		image   catalog.Image
		outcome catalog.Outcome
		host    string
		state   catalog.State
		pause   time.Duration
		refused string
	}{
		{"found", catalog.Image{State: catalog.Working, Attempt: 3, Host: "a"},
			catalog.Outcome{Ready: true, Fact: at(3, clocker.ImageFact{Image: "sha256:1"})}, "a", catalog.Ready, 0, ""},
		{"an old attempt", catalog.Image{State: catalog.Working, Attempt: 3, Host: "a"},
			catalog.Outcome{Ready: true, Fact: at(2, clocker.ImageFact{Image: "sha256:1"})}, "a", catalog.Working, 0, "attempt 2"},
		{"another host", catalog.Image{State: catalog.Working, Attempt: 3, Host: "a"},
			catalog.Outcome{Ready: true, Fact: at(3, clocker.ImageFact{Image: "sha256:1"})}, "b", catalog.Working, 0, "not worked on by host b"},
		{"twice", catalog.Image{State: catalog.Ready, Attempt: 3, Host: "a"},
			catalog.Outcome{Fact: at(3, clocker.ImageFact{})}, "a", catalog.Ready, 0, "settled"},
		{"no id", catalog.Image{State: catalog.Working, Attempt: 3, Host: "a"},
			catalog.Outcome{Ready: true, Fact: at(3, clocker.ImageFact{})}, "a", catalog.Working, 0, "no id"},
		{"the input's fault", catalog.Image{State: catalog.Working, Attempt: 3, Tries: 1, Host: "a"},
			catalog.Outcome{Reason: "no such image", Fact: at(3, clocker.ImageFact{})}, "a", catalog.Failed, 0, ""},
		{"may pass, first", catalog.Image{State: catalog.Working, Attempt: 3, Tries: 1, Host: "a"},
			catalog.Outcome{Fact: at(3, clocker.ImageFact{Retry: true})}, "a", catalog.Working, time.Second, ""},
		{"may pass, fifth", catalog.Image{State: catalog.Working, Attempt: 3, Tries: 5, Host: "a"},
			catalog.Outcome{Fact: at(3, clocker.ImageFact{Retry: true})}, "a", catalog.Working, 16 * time.Second, ""},
		{"may pass, sixth", catalog.Image{State: catalog.Working, Attempt: 3, Tries: 6, Host: "a"},
			catalog.Outcome{Fact: at(3, clocker.ImageFact{Retry: true})}, "a", catalog.Failed, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.image.Take(tt.outcome, tt.host)
			if got.State != tt.state || got.Pause != tt.pause {
				t.Errorf("Take = %s, pause %s; want %s, pause %s", got.State, got.Pause, tt.state, tt.pause)
			}
			if (err != nil) != (tt.refused != "") || (err != nil && !strings.Contains(err.Error(), tt.refused)) {
				t.Errorf("error %v, want %q", err, tt.refused)
			}
		})
	}
}

// However often it fails: an image that somebody waits for ends ready or failed after at most six tries, and its
// attempts only grow.
func TestEveryImageEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := catalog.Image{Source: redis, Host: "a"}.Begin(1, true)
		attempt, tries := 1, 1
		for i.State == catalog.Working {
			if i.Pause > 0 {
				attempt++
				tries++
				i = i.Begin(attempt, false)
			}
			if i.Attempt != attempt || i.Tries != tries || tries > 6 {
				t.Fatalf("attempt %d, try %d of %+v", attempt, tries, i)
			}
			o := catalog.Outcome{Reason: "away", Fact: clocker.ImageFact{Retry: true, Image: "sha256:1",
				Attempt: rapid.IntRange(max(1, attempt-1), attempt).Draw(t, "attempt")}}
			o.Ready = rapid.Bool().Draw(t, "ready")
			i, _ = i.Take(o, "a")
		}
		if i.State == catalog.Ready && (i.ID == "" || i.Reason != "") {
			t.Fatalf("ready without an id, or with a reason: %+v", i)
		}
		if again := i.Begin(attempt+1, true); again.Tries != 1 || again.Reason != "" {
			t.Fatalf("asked for again, it starts with %+v", again)
		}
	})
}

func TestPullName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		source clocker.ImageSource
		digest string
		want   string
	}{
		{"tag becomes digest", redis, "sha256:9", "docker.io/library/redis@sha256:9"},
		{"a port is no tag", clocker.ImageSource{Reference: "localhost:5000/app"}, "sha256:9", "localhost:5000/app@sha256:9"},
		{"digest stays", clocker.ImageSource{Reference: "a/b@sha256:9"}, "sha256:9", "a/b@sha256:9"},
		{"tag and digest", clocker.ImageSource{Reference: "a/b:1@sha256:9"}, "sha256:9", "a/b@sha256:9"},
		{"no digest known", redis, "", redis.Reference},
		{"built", built, "sha256:9", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, err := catalog.Image{Source: tt.source, State: catalog.Working, Attempt: 1}.Take(
				catalog.Outcome{Ready: true, Fact: clocker.ImageFact{Attempt: 1, Image: "sha256:1", Digest: tt.digest}}, "")
			if err != nil || i.Reference != tt.want {
				t.Errorf("Reference %q, %v; want %q", i.Reference, err, tt.want)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	hosts := []catalog.Host{{"c", "x", true}, {"a", "x", false}, {"b", "x", true}, {"d", "y", true}}
	for _, tt := range []struct{ name, cloud, before, want string }{
		{"the first that is ready", "x", "", "b"},
		{"the one that had it", "x", "c", "c"},
		{"which is away", "x", "a", "b"},
		{"of this cloud only", "y", "b", "d"},
		{"no host", "z", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := catalog.Choose(hosts, tt.cloud, tt.before); got != tt.want {
				t.Errorf("Choose = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDoneJobsCarryNoSource(t *testing.T) {
	t.Parallel()
	working := catalog.Image{Key: built.Key(), Source: built, State: catalog.Working, Attempt: 2}
	if j := working.Job(5); j.Done || j.Source != built || j.Tag != built.Tag() || j.Revision != 5 || j.Attempt != 2 {
		t.Errorf("Job = %+v", j)
	}
	working.State = catalog.Ready
	if j := working.Job(5); !j.Done || j.Source.Dockerfile != "" || j.Tag != built.Tag() {
		t.Errorf("Job of a ready image = %+v", j)
	}
}
