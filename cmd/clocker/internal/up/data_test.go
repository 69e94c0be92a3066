package up

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOpenDataKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first, err := OpenData(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"installation", "token", "join-token", "nats-auth/users/policy.creds", "nats-auth/users/host-localhost.creds"}
	text := map[string]string{}
	for _, name := range files {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text[name] = string(b)
	}
	second, err := OpenData(dir)
	if err != nil || first != second || len(first.Installation) != 12 {
		t.Errorf("%+v, then %+v, %v", first, second, err)
	}
	for _, name := range files {
		if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != text[name] {
			t.Errorf("%s changed", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestTwoMakersReadTheSame(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	var group sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		group.Go(func() {
			var err error
			if got[i], err = keep(path, func() string { return random(8) }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, s := range got {
		if s != got[0] || s == "" {
			t.Errorf("got %q", got)
		}
	}
}

func TestEmptyFileIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keep(path, func() string { return "x" }); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("error %v", err)
	}
}

func TestSecondUpIsToldWhoHoldsTheDirectory(t *testing.T) {
	t.Parallel()
	d, err := OpenData(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, held, err := holderOf(d); held || err != nil {
		t.Errorf("held %v, %v before anybody took it", held, err)
	}
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l, err := acquire(d, Holder{Started: started, Detached: true, URL: "http://127.0.0.1:8080/with-a-long-tail"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.say(Holder{Started: started, Detached: true, URL: "http://127.0.0.1:8080", Ready: true}); err != nil {
		t.Fatal(err)
	}
	_, err = acquire(d, Holder{})
	var held *Held
	if !errors.As(err, &held) {
		t.Fatalf("error %v", err)
	}
	want := Holder{PID: os.Getpid(), Started: started, Detached: true, URL: "http://127.0.0.1:8080", Ready: true, Space: pidSpace()}
	if held.Holder != want {
		t.Errorf("holder %+v, want %+v", held.Holder, want)
	}
	for _, part := range []string{"clocker already runs on " + d.Dir, "in the background; end it with: clocker down"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if h, held, err := holderOf(d); !held || err != nil || h != want {
		t.Errorf("%+v, held %v, %v", h, held, err)
	}
	l.release()
	again, err := acquire(d, Holder{})
	if err != nil {
		t.Fatal(err)
	}
	again.release()
}

func TestDownRefusesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		holder Holder
		space  string
		want   string
	}{
		{"in the foreground", Holder{}, pidSpace(), "in the foreground; end it there with Ctrl-C"},
		{"in another pid namespace", Holder{Detached: true}, "pid:[1]", "in another container"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := OpenData(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			l, err := acquire(d, tt.holder)
			if err != nil {
				t.Fatal(err)
			}
			defer l.release()
			if tt.space != pidSpace() {
				text, err := os.ReadFile(d.lockFile())
				if err != nil {
					t.Fatal(err)
				}
				other := strings.Replace(string(text), pidSpace(), tt.space, 1)
				if _, err := l.f.WriteAt([]byte(other), 0); err != nil {
					t.Fatal(err)
				}
			}
			ended, err := Down(t.Context(), d.Dir)
			if ended || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ended %v, %v", ended, err)
			}
		})
	}
	if ended, err := Down(t.Context(), t.TempDir()); ended || err != nil {
		t.Errorf("where none runs: %v, %v", ended, err)
	}
}
