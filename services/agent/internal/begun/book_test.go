package begun

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func book(t *testing.T, dir string, log *strings.Builder) *Book {
	t.Helper()
	b := New(dir, slog.New(slog.NewTextHandler(log, nil)))
	if err := b.Load(); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatAnAgentDidNotStrikeOutIsLostToTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	was := book(t, dir, &strings.Builder{})
	for _, id := range []string{"one", "two", "three"} {
		if err := was.Begin(Command{ID: id, Container: "box", At: time.Unix(7, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	was.End("two")
	for _, want := range [][]string{{"one", "three"}, nil} { // and what the next has ended is not lost to the one after
		ctx, cancel := context.WithCancel(t.Context())
		next := book(t, dir, &strings.Builder{})
		var got []string
		if left := next.round(ctx, func(_ context.Context, c Command) error {
			next.mu.Lock()
			defer next.mu.Unlock()
			got = append(got, c.ID)
			if c.Container != "box" || !c.At.Equal(time.Unix(7, 0)) {
				t.Errorf("known of it: %+v", c)
			}
			return nil
		}); left != 0 {
			t.Errorf("%d are left", left)
		}
		cancel()
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("to be ended: %v, want %v", got, want)
		}
	}
}

func TestALostCommandIsTriedUntilItEndsAndItsReasonIsLoggedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		b := book(t, dir, &log)
		if err := b.Begin(Command{ID: "one", Container: "box"}); err != nil {
			t.Fatal(err)
		}
		tries, ended := 0, make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- b.Run(ctx, func(context.Context, Command) error {
				if tries++; tries < 5 {
					return errors.New("it is deaf")
				}
				close(ended)
				return nil
			})
		}()
		synctest.Wait()
		b.Lose(Command{ID: "one", Container: "box"})
		<-ended // time passes only while all wait for it
		synctest.Wait()
		cancel()
		<-done
		if n := strings.Count(log.String(), "it is deaf"); tries != 5 || n != 1 || !strings.Contains(log.String(), "has ended") {
			t.Errorf("%d tries; the log has\n%s", tries, log.String())
		}
	})
	if files := book(t, dir, &strings.Builder{}); len(files.lost) != 0 {
		t.Errorf("it is still written down: %v", files.lost)
	}
}

func TestACommandThatNobodyKnowsIsGivenUpWithAWarning(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	b := book(t, t.TempDir(), &log)
	b.Lose(Command{ID: "one", Container: "box"})
	if left := b.round(t.Context(), func(context.Context, Command) error { return ErrUnknown }); left != 0 || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("%d are left; the log has\n%s", left, log.String())
	}
}
