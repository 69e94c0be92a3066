package jobs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/snapshot"
)

func TestReferenceIsResolvedForEachApplication(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	f.submit(t, "u1", redis, redis)
	w := f.told(t, 0, "redis")
	if r := f.report(t, 1, found(w, "sha256:1", false)); r != "" {
		t.Fatalf("refused: %s", r)
	}
	f.states(t, imageReady("u1", redis, "sha256:1"))
	f.told(t, 1, "redis done")

	f.submit(t, "u2", redis)
	again := f.told(t, 2, "redis")
	if again.Jobs[0].Attempt <= w.Jobs[0].Attempt {
		t.Errorf("attempt %d after %d", again.Jobs[0].Attempt, w.Jobs[0].Attempt)
	}
	if r := f.report(t, 1, found(w, "sha256:1", false)); !strings.Contains(r, "is over") {
		t.Errorf("an old attempt was taken: %q", r)
	}
	f.report(t, 1, found(again, "sha256:2", false))
	f.states(t, imageReady("u2", redis, "sha256:2")) // and u1 keeps what it was told
}

func TestBuiltImageIsReused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	f.submit(t, "u1", web)
	f.submit(t, "u2", web) // joins
	w := f.told(t, 0, "web")
	if w.Jobs[0].Tag != web.Tag() || w.Jobs[0].Source != web {
		t.Errorf("job %+v", w.Jobs[0])
	}
	f.report(t, 1, found(w, "sha256:1", true))
	f.states(t,
		events.ImageCommitted{Application: "app-u1", UID: "u1", Key: web.Key(), Image: "sha256:1", Size: 42},
		imageReady("u1", web, "sha256:1"), imageReady("u2", web, "sha256:1"))
	f.submit(t, "u3", web)
	f.states(t, imageReady("u3", web, "sha256:1"))
	row := pgtest.Query(t, f.db, `select state, image, built, size, reason from imagebuilder.v_images`)[0]
	if row["state"] != "ready" || row["image"] != "sha256:1" || row["built"] != true || row["size"] != int64(42) || row["reason"] != "" {
		t.Errorf("v_images shows %v", row)
	}
	if rows := pgtest.Query(t, f.db, `select * from imagebuilder.v_requests`); len(rows) != 3 {
		t.Errorf("v_requests shows %v", rows)
	}
}

func TestParksUntilAHostIsReady(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "provisioning", 1)
	f.submit(t, "u1", redis)
	row := pgtest.Query(t, f.db, `select state, reason from imagebuilder.v_images`)[0]
	if row["state"] != "working" || row["reason"] != "no host of cloud my-docker-cloud is ready" {
		t.Errorf("v_images shows %v", row)
	}
	f.host(t, "ready", 1)
	deliver(t, f, f.jobs.HostReady, events.HostReady{Host: "localhost", Cloud: "my-docker-cloud"})
	f.told(t, 0, "redis")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	f.submit(t, "u1", web)
	w := f.told(t, 0, "web")
	f.report(t, 1, failed(w, true))
	f.states(t)
	row := pgtest.Query(t, f.db, `select state, reason, tail->>1 as tail from imagebuilder.v_images`)[0]
	if row["state"] != "working" || row["reason"] != "it broke" || row["tail"] != "line 2" {
		t.Errorf("between tries v_images shows %v", row)
	}
	f.told(t, 1, "web done")
	f.start(t)
	w = f.told(t, 2, "web") // the next try, a second later
	f.report(t, 1, failed(w, false))
	f.states(t, events.ImageFailed{Application: "app-u1", UID: "u1", Key: web.Key(), Reason: "it broke"})
	f.told(t, 3, "web done")

	f.submit(t, "u2", web) // asked for again: tried again, and u1 hears of it too
	w = f.told(t, 4, "web")
	f.report(t, 1, found(w, "sha256:1", false))
	f.states(t, imageReady("u1", web, "sha256:1"), imageReady("u2", web, "sha256:1"))
}

func TestGivesUpAfterSixTries(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	f.submit(t, "u1", redis)
	for try := range 6 {
		w := f.told(t, int64(2*try), "redis")
		f.report(t, 1, failed(w, true))
		f.told(t, int64(2*try+1), "redis done")
		if try < 5 {
			f.states(t)
			pgtest.Exec(t, f.db, `update imagebuilder.images set retry_at = now()`)
			deliver(t, f, f.jobs.HostReady, events.HostReady{}) // wakes what is due, as the loop does
		}
	}
	f.states(t, events.ImageFailed{Application: "app-u1", UID: "u1", Key: redis.Key(), Reason: "it broke"})
}

func TestFactsAreTakenOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 3)
	f.submit(t, "u1", web)
	w := f.told(t, 0, "web")
	if r := f.report(t, 2, found(w, "sha256:1", true)); !strings.Contains(r, "epoch 2 is over") {
		t.Errorf("a fact of an old epoch: %q", r)
	}
	fact := found(w, "sha256:1", true)
	fact.Counter = 9
	for range 2 {
		if r := f.report(t, 3, fact); r != "" {
			t.Errorf("refused: %s", r)
		}
	}
	f.states(t, events.ImageCommitted{Application: "app-u1", UID: "u1", Key: web.Key(), Image: "sha256:1", Size: 42},
		imageReady("u1", web, "sha256:1"))
	unknown := found(w, "sha256:1", false)
	unknown.Image.Key, unknown.Counter = "nothing", 10
	if r := f.report(t, 3, unknown); !strings.Contains(r, "nobody asks") {
		t.Errorf("a fact about nothing: %q", r)
	}
	if _, err := f.jobs.Facts(t.Context(), "clocker.fact.localhost", clocker.FactBatch{Noun: "container"}); !errors.Is(err, bus.ErrNotMine) {
		t.Errorf("facts of containers: %v", err)
	}
	if _, err := f.jobs.Facts(t.Context(), "clocker.fact.mars", clocker.FactBatch{Noun: "image", Host: "localhost"}); clocker.CodeOf(err) != clocker.Denied {
		t.Errorf("facts of another host: %v", err)
	}
}

func (f *fixture) askImages(t *testing.T, epoch int64) (clocker.ImageWant, error) {
	t.Helper()
	v, err := f.jobs.Ask(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskImages, Host: "localhost", Epoch: epoch})
	w, _ := v.(clocker.ImageWant)
	return w, err
}

func TestImagesGoWithTheirLastApplication(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	f.submit(t, "u1", web)
	f.submit(t, "u2", web, redis)
	f.report(t, 1, found(f.told(t, 0, "web"), "sha256:1", true))
	f.told(t, 1, "redis")
	f.told(t, 2, "web done")
	w, err := f.askImages(t, 1)
	if err != nil || !w.Complete || w.Revision != 3 || len(w.Jobs) != 2 {
		t.Fatalf("AskImages = %+v, %v", w, err)
	}
	f.gone(t, "u2")
	f.told(t, 3, "redis removed")
	f.gone(t, "u1")
	f.told(t, 4, "web removed")
	w, err = f.askImages(t, 1)
	if err != nil || !w.Complete || w.Revision != 5 || len(w.Jobs) != 0 {
		t.Errorf("AskImages = %+v, %v; want a complete list of nothing", w, err)
	}
	if _, err := f.askImages(t, 2); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("AskImages of another epoch: %v", err)
	}
	f.submit(t, "u3", web)
	if again := f.told(t, 5, "web"); again.Jobs[0].Attempt <= 1 {
		t.Errorf("attempt %d was used before", again.Jobs[0].Attempt)
	}
}

func TestGoneBeforeSubmitted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	pgtest.Exec(t, f.db, `insert into api.v_applications (uid, application, spec, gone_at) values ('u1', 'a', '{}', now())`)
	deliver(t, f, f.jobs.Submitted, events.ApplicationSubmitted{UID: "u1", Entities: []events.SubmittedEntity{{Image: redis.Key()}}})
	if rows := pgtest.Query(t, f.db, `select * from imagebuilder.images`); len(rows) != 0 {
		t.Errorf("an application that is gone got %v", rows)
	}
}

func TestReconcilesWithApplications(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	f.submit(t, "u1", web)
	f.submit(t, "u2", redis)
	f.told(t, 0, "web")
	f.told(t, 1, "redis")
	pgtest.Exec(t, f.db, `delete from api.v_applications where uid = 'u1'`)
	f.start(t)
	f.told(t, 2, "web removed")
	if rows := pgtest.Query(t, f.db, `select * from imagebuilder.v_requests`); len(rows) != 1 {
		t.Errorf("requests %v, want that of u2 alone", rows)
	}
}

func TestHostThatMissedAMessageIsTold(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	f.submit(t, "u1", web)
	f.told(t, 0, "web")
	f.start(t)
	f.jobs.Beat(t.Context(), clocker.SubjectBeat+"localhost", clocker.Beat{Host: "localhost", Epoch: 1, ImageRevision: 0})
	if w := f.told(t, 1); w.Revision != 1 || w.Complete {
		t.Errorf("told %+v, want a hint that revision 1 is there", w)
	}
	f.jobs.Beat(t.Context(), clocker.SubjectBeat+"localhost", clocker.Beat{Host: "localhost", Epoch: 1, ImageRevision: 1})
}

func TestContext(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	data := bytes.Repeat([]byte("0123456789abcdef"), 50000) // 800,000 bytes
	pgtest.Exec(t, f.db, `insert into api.v_contexts values ($1, $2, $3)`, digest, len(data), data)
	chunk := func(host string, r clocker.ContextRange) (clocker.ContextChunk, error) {
		v, err := f.jobs.Ask(t.Context(), clocker.SubjectAsk+host, clocker.Ask{Kind: clocker.AskContext, Host: host, Epoch: 1, Context: &r})
		c, _ := v.(clocker.ContextChunk)
		return c, err
	}
	if _, err := chunk("localhost", clocker.ContextRange{Digest: digest}); clocker.CodeOf(err) != clocker.NotFound {
		t.Errorf("a context that no image of the host needs: %v", err)
	}
	f.submit(t, "u1", web)
	var got []byte
	for len(got) < len(data) {
		c, err := chunk("localhost", clocker.ContextRange{Digest: digest, Offset: int64(len(got))})
		if err != nil || len(c.Data) == 0 || len(c.Data) > 512<<10 || c.Total != int64(len(data)) {
			t.Fatalf("chunk at %d: %d bytes of %d, %v", len(got), len(c.Data), c.Total, err)
		}
		got = append(got, c.Data...)
	}
	if !bytes.Equal(got, data) {
		t.Error("the chunks are not the context")
	}
	if c, err := chunk("localhost", clocker.ContextRange{Digest: digest, Offset: int64(len(data))}); err != nil || len(c.Data) != 0 {
		t.Errorf("past the end: %d bytes, %v", len(c.Data), err)
	}
	if _, err := chunk("mars", clocker.ContextRange{Digest: digest}); clocker.CodeOf(err) != clocker.NotFound {
		t.Errorf("another host: %v", err)
	}
	if _, err := chunk("localhost", clocker.ContextRange{Digest: digest, Offset: -1}); clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("before the start: %v", err)
	}
	if _, err := f.jobs.Ask(t.Context(), "clocker.ask.localhost", clocker.Ask{Kind: clocker.AskRun}); !errors.Is(err, bus.ErrNotMine) {
		t.Errorf("another kind: %v", err)
	}
}

// What is written as \u003c takes six times its size in a message: 30 Dockerfiles of full size are more than NATS takes.
func TestAHostIsToldToAskWhenItsJobsFitIntoNoMessage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.host(t, "ready", 1)
	var many []clocker.ImageSource
	for n := range 30 {
		many = append(many, clocker.ImageSource{Dockerfile: strings.Repeat("<", 64<<10) + strconv.Itoa(n), Context: digest})
	}
	f.submit(t, "u1", many...)
	w := f.told(t, 1) // an agent that has nothing lacks what came before
	if w.Revision != 1 || w.Next != nil || w.Complete {
		t.Errorf("told %+v", w)
	}
	all, err := snapshot.Images(func(at clocker.Page) (clocker.ImageWant, error) {
		v, err := f.jobs.Ask(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskImages, Host: "localhost", Epoch: 1, Page: &at})
		w, _ := v.(clocker.ImageWant)
		return w, err
	})
	if err != nil || !all.Complete || len(all.Jobs) != len(many) || all.Revision != w.Revision {
		t.Errorf("%d jobs at revision %d, %v", len(all.Jobs), all.Revision, err)
	}
}

// A job to be done has its Dockerfile in it: a few hundred of full size are more than any message may hold.
func TestTheListOfAHostComesInPages(t *testing.T) {
	t.Parallel()
	const images = 450
	f := setup(t)
	f.host(t, "ready", 1)
	pgtest.Exec(t, f.db, `
		insert into imagebuilder.images (key, source, state, cloud, host, attempt, tries, revision)
		select 'k' || lpad(n::text, 4, '0'), case when n % 10 = 0 then jsonb_build_object('dockerfile', repeat('x', $2)) else '{"reference": "redis"}' end,
		  'working', 'my-docker-cloud', 'localhost', 1, 1, n / 300
		from generate_series(1, $1::int) n`, images, 64<<10)
	pgtest.Exec(t, f.db, `insert into imagebuilder.hosts (host, revision) values ('localhost', 5)`)
	pages, most := 0, 0
	w, err := snapshot.Images(func(at clocker.Page) (clocker.ImageWant, error) {
		v, err := f.jobs.Ask(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskImages, Host: "localhost", Epoch: 1, Page: &at})
		text, _ := json.Marshal(v)
		pages, most = pages+1, max(most, len(text))
		w, _ := v.(clocker.ImageWant)
		return w, err
	})
	if err != nil || !w.Complete || w.Revision != 5 || len(w.Jobs) != images || pages < 3 || most > 2<<20 {
		t.Fatalf("%d jobs at revision %d in %d pages of at most %d bytes, %v", len(w.Jobs), w.Revision, pages, most, err)
	}
	if _, err := f.askImages(t, 1); clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("who knows of no pages, and would take the first for all: %v", err)
	}
}
