package probe

import (
	"context"
	"net/http"
	"net/netip"
	"os"
	"os/user"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/doctor"
)

const (
	// limit bounds one look. Who heeds it tells what hangs in words of its own.
	limit = 4 * time.Second
	// patience bounds those that do not: calls of the kernel about a disk that hangs cannot be ended.
	patience = 6 * time.Second
	// call bounds one question of a look that asks several.
	call = 3 * time.Second
	// halfSecond is how exact the time in an answer of HTTP is.
	halfSecond = 500 * time.Millisecond
)

// Settings say what to look at.
type Settings struct {
	Env     func(string) string
	Now     func() time.Time
	Dir     string         // data directory
	API     *client.Client // nil with Unasked
	Unasked error          // why the API cannot even be asked
	Named   bool           // the user named the API's address
	Token   string         // where its token comes from
	Version client.Version // of this program
	Here    bool           // the API that is meant is on this machine, which is then looked at, too
}

// look reads one thing and gives what is to be done with the facts once it is read.
type look struct {
	what string
	do   func(ctx context.Context) func(*doctor.Facts)
}

// Look gives the facts.
func Look(ctx context.Context, s Settings) doctor.Facts {
	looks := []look{{"the API", s.api}}
	if s.Here {
		programs := once(readPrograms)
		looks = append(looks,
			look{"the Docker Engine", func(ctx context.Context) func(*doctor.Facts) { return s.engine(ctx, programs) }},
			look{"the data directory " + s.Dir, func(context.Context) func(*doctor.Facts) { return s.data(programs) }},
			look{"the file system of " + s.Dir, func(context.Context) func(*doctor.Facts) { return s.disk() }},
			look{"Postgres", s.database},
			look{"ports", func(context.Context) func(*doctor.Facts) { return s.ports(programs) }},
			look{"this machine", func(context.Context) func(*doctor.Facts) { return machine() }},
			look{"name servers", names},
			look{"certificates", func(context.Context) func(*doctor.Facts) { return s.certificates() }},
		)
	}
	f := doctor.Facts{Now: s.Now(), Account: accountName(os.Geteuid()), Here: s.Here}
	f.Silent = gather(ctx, looks, &f, patience)
	return f
}

// gather runs all looks beside each other and names those that did not come back.
func gather(ctx context.Context, looks []look, f *doctor.Facts, patience time.Duration) []doctor.Silence {
	type outcome struct {
		of  int
		set func(*doctor.Facts)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	outcomes := make(chan outcome, len(looks)) // whoever comes late does not hang
	for i, l := range looks {
		go func() { outcomes <- outcome{i, l.do(ctx)} }()
	}
	over := time.After(patience)
	back := make([]bool, len(looks))
	for range looks {
		select {
		case o := <-outcomes:
			back[o.of] = true
			o.set(f)
		case <-over:
			return missing(looks, back, patience)
		}
	}
	return nil
}

func missing(looks []look, back []bool, patience time.Duration) []doctor.Silence {
	var out []doctor.Silence
	for i, l := range looks {
		if !back[i] {
			out = append(out, doctor.Silence{What: l.what, After: patience})
		}
	}
	return out
}

func accountName(uid int) string {
	u, err := user.LookupId(itoa(uid))
	if err != nil {
		return "uid " + itoa(uid)
	}
	return u.Username
}

// pool is where networks are carved from; the zero value when the setting is none, which ipam refuses.
func (s Settings) pool() netip.Prefix {
	text := s.Env("CLOCKER_POOL")
	if text == "" {
		text = defaultPool
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// defaultPool is that of ipam.
const defaultPool = "10.200.0.0/13"

func (s Settings) setting(key, fallback string) string {
	if v := s.Env(key); v != "" {
		return v
	}
	return fallback
}

// clockOf gives another's clock beside ours, from the times before and after it was asked.
func clockOf(code, of string, there, before, after time.Time, grain time.Duration) doctor.Clock {
	took := after.Sub(before)
	return doctor.Clock{Code: code, Of: of, Ahead: there.Sub(before.Add(took / 2)), Within: took/2 + grain}
}

// dateOf is the clock of who answered: HTTP tells whole seconds, rounded down.
func dateOf(res *http.Response) (time.Time, bool) {
	t, err := http.ParseTime(res.Header.Get("Date"))
	return t.Add(halfSecond), err == nil
}
