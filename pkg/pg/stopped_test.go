package pg_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// A test binary started with these settings is a process that holds a role, and says and hears lines.
const (
	holderEnv  = "CLOCKER_TEST_HOLDER" // what it does
	holderURL  = "CLOCKER_TEST_HOLDER_DATABASE"
	holderNATS = "CLOCKER_TEST_HOLDER_NATS"
	holderUser = "CLOCKER_TEST_HOLDER_CREDENTIALS"
)

func TestMain(m *testing.M) {
	if what := os.Getenv(holderEnv); what != "" {
		holder(what)
		return
	}
	os.Exit(m.Run())
}

// holder is the other process.
func holder(what string) {
	db, err := pg.Open(pg.Config{URL: os.Getenv(holderURL), Role: "ipam"})
	if err != nil {
		fmt.Println(err)
		return
	}
	heard := bufio.NewReader(os.Stdin)
	hear := func() { _, _ = heard.ReadString('\n') }
	switch what {
	case "sequencer", "late publisher", "late maker":
		conn, err := bus.Connect(bus.Options{Name: "holder", URL: os.Getenv(holderNATS), Credentials: os.Getenv(holderUser)})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("runs")
		_ = db.Sequence(context.Background(), late(what, conn.Stream(), hear))
	case "between":
		_ = db.Hold(context.Background(), "role", func(ctx context.Context, f pg.Fence) error {
			fmt.Println("holds")
			hear()
			fmt.Println(outcome(lateWrite(db, f, func() {})))
			return nil
		})
	case "inside":
		_ = db.Hold(context.Background(), "role", func(ctx context.Context, f pg.Fence) error {
			err := lateWrite(db, f, func() { fmt.Println("holds"); hear() })
			fmt.Println(outcome(err))
			fmt.Println(outcome(lateWrite(db, f, func() {})))
			return nil
		})
	}
}

// lateWrite writes as whoever holds a role does. It is not told that the role is lost: the fence alone is to refuse it.
func lateWrite(db *pg.DB, f pg.Fence, inside func()) error {
	return pg.NewUnit(db, bind).Run(context.Background(), func(ctx context.Context, s store) ([]events.Event, error) {
		if err := s.CheckFence(ctx, f); err != nil {
			return nil, err
		}
		inside()
		return nil, s.see(ctx, "late")
	})
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "written"
	case errors.Is(err, pg.ErrFenced):
		return "fenced"
	}
	return "failed: " + err.Error()
}

// process is a holder as the test sees it.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

func hold(t *testing.T, what string, env ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0]), lines: make(chan string, 16)}
	p.cmd.Env = append(os.Environ(), append(env, holderEnv+"="+what)...)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) says(want string) {
	p.t.Helper()
	select {
	case got := <-p.lines:
		if !strings.HasPrefix(got, want) {
			p.t.Fatalf("the other process says %q, want %q", got, want)
		}
	case <-time.After(2 * time.Minute):
		p.t.Fatalf("the other process says nothing; want %q", want)
	}
}

func TestAProcessStoppedPastItsLeaseIsRefusedWhenItGoesOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, what string
		want       []string
	}{
		{"between transactions", "between", []string{"fenced"}},
		// Postgres has ended the transaction, which would have kept the role for ever; trying again is no better.
		{"inside a transaction that has checked the fence", "inside", []string{"failed", "fenced"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Open(t, "ipam", ledger)
			p := hold(t, tc.what, holderURL+"="+pgtest.OwnerURL(t, db))
			p.says("holds")
			p.signal(syscall.SIGSTOP)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			taken, wrote := make(chan struct{}), false
			go func() {
				_ = db.Hold(ctx, "role", func(ctx context.Context, f pg.Fence) error {
					if !wrote {
						if err := lateWrite(db, f, func() {}); err != nil {
							return err // this process stood still, too: its next tenure writes
						}
						wrote = true
						close(taken)
					}
					<-ctx.Done()
					return ctx.Err()
				})
			}()
			select {
			case <-taken:
			case <-ctx.Done():
				t.Fatal("nobody could take the role over from a process that stands still, and write")
			}
			p.signal(syscall.SIGCONT)
			if _, err := p.in.Write([]byte("go on\n")); err != nil {
				t.Fatal(err)
			}
			for _, want := range tc.want {
				p.says(want)
			}
			if rows := pgtest.Query(t, db, `select 1 from ipam.seen where name = 'late'`); len(rows) != 1 {
				t.Errorf("%d writes of the role, want the next holder's alone", len(rows))
			}
		})
	}
}

func TestASequencerThatIsStoppedAgainAndAgainNumbersAndPublishesNothingTwice(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	server := bustest.Listening(t)
	conn := bustest.Control(t, server)
	u := pg.NewUnit(db, bind)
	p := hold(t, "sequencer", holderURL+"="+pgtest.OwnerURL(t, db), holderNATS+"="+server.ClientURL(),
		holderUser+"="+server.Credentials(t, "test-everything"))
	p.says("runs")
	tenure := func() int64 {
		return pgtest.Query(t, db, `select coalesce((select fence from events.leases where name = 'sequencer'), 0) as fence`)[0]["fence"].(int64)
	}
	for tenure() == 0 { // the other process has the role first
		if t.Context().Err() != nil {
			t.Fatal("nobody takes the role of sequencer")
		}
	}
	total := 0
	for round := range 3 {
		before := tenure()
		for i := range 50 {
			if i == 25 {
				p.signal(syscall.SIGSTOP)
				if round == 0 { // not before, or this process may have the role by then
					sequence(t, conn, db)
				}
			}
			state(t, u, submitted(fmt.Sprintf("a%d-%d", round, i)))
		}
		total += 50
		deadline := time.Now().Add(2 * time.Minute)
		for pgtest.Query(t, db, `select number from events.head`)[0]["number"].(int64) < int64(total) {
			if time.Now().After(deadline) {
				t.Fatalf("round %d: nobody numbers on", round)
			}
		}
		if round == 0 && tenure() == before {
			t.Fatal("the role was not taken over; this test shows nothing")
		}
		p.signal(syscall.SIGCONT)
		state(t, u, submitted(fmt.Sprintf("b%d", round)))
		total++
	}
	for i, n := range consume(t, conn, u, total) {
		if n != int64(i+1) {
			t.Fatalf("event %d has number %d", i+1, n)
		}
	}
	verify(t, db, total)
}

func TestAPublisherThatIsBehindStoresNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	conn := bustest.Connect(t)
	u := pg.NewUnit(db, bind)
	sequence(t, conn, db)
	var facts []events.Event
	for i := range 50 {
		facts = append(facts, submitted(fmt.Sprint(i)))
	}
	state(t, u, facts...)
	consume(t, conn, u, 50)
	stream := conn.Stream()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // for each answer: the machine may be slow
	defer cancel()
	held, err := stream.Read(ctx, 1, 50)
	if err != nil || len(held) != 50 {
		t.Fatalf("read %d records, %v; want 50", len(held), err)
	}
	ahead := held[0]
	ahead.Number, ahead.ID = 52, "x"
	for _, late := range [][]events.Record{held[30:31], held[48:], held[5:15], held, {ahead}} {
		if err := stream.Publish(ctx, late); err == nil || !strings.Contains(err.Error(), "10071") {
			t.Errorf("%d records from %d: %v, want the server's refusal 10071", len(late), late[0].Number, err)
		}
	}
	if state, err := stream.Open(ctx); err != nil || state.Last != 50 || !state.Whole {
		t.Errorf("afterwards the stream is %+v, %v", state, err)
	}
}
