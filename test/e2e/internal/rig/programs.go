package rig

import (
	"os"
	"path/filepath"
	"strings"
)

func (r *Rig) add(name string, args []string, env []string) *process {
	program, _, _ := strings.Cut(name, "-")
	if len(args) > 0 {
		program = "clocker"
	}
	p := &process{name: name, path: Program(r.t, program), args: args, env: env, log: filepath.Join(r.Dir, "log", name+".log")}
	r.processes[name] = p
	r.order = append(r.order, name)
	return p
}

// begin starts everything for the first time.
func (r *Rig) begin() {
	r.t.Helper()
	r.StartAll()
	token, err := os.ReadFile(filepath.Join(r.Dir, "token"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.API.Token = strings.TrimSpace(string(token))
	r.Events = r.API.follow()
	if r.simulated != nil {
		r.simulate()
	}
}

// StartAll starts everything that does not run and returns when all is ready.
func (r *Rig) StartAll() {
	r.t.Helper()
	for _, name := range r.order {
		if over, _ := r.processes[name].ended(); !over {
			continue
		}
		r.Start(name)
		switch name {
		case "postgres":
			r.await(name, func() error { return r.postgresReady() })
		case "nats":
			r.await(name, func() error { return dial(r.slot.address(portNATS)) })
			r.migrate()
		}
	}
	for _, name := range r.order {
		p, path := r.processes[name], "/readyz"
		if name == "agent" || name == "dns" {
			path = "/livez" // they are ready once there is a host, which comes with the first container
		}
		if p.health != "" {
			r.await(name, func() error { return ready(p.health + path) })
		}
	}
	if r.alone {
		r.await("clocker", func() error { return ready(r.API.Base + "/readyz") })
	}
}

func (r *Rig) postgresReady() error {
	_, err := r.trySQL("select 1")
	return err
}

func (r *Rig) migrate() {
	r.t.Helper()
	p := r.processes["postgres"]
	run(r.t, append(p.env[:len(p.env):len(p.env)], "CLOCKER_DATABASE_URL="+r.DatabaseURL), p.path, "migrate")
}

// await asks again until ready or until the named process has ended.
func (r *Rig) await(name string, ready func() error) {
	r.t.Helper()
	Eventually(r.t, name+" to be ready", Limit, func() error {
		if over, err := r.processes[name].ended(); over {
			r.t.Fatalf("%s ended before it was ready: %v\n%s", name, err, r.processes[name].tail(20))
		}
		return ready()
	})
}

// StopAll asks everything to end, last first, and returns when all has. Containers go on.
func (r *Rig) StopAll() {
	r.t.Helper()
	for i := len(r.order) - 1; i >= 0; i-- {
		p := r.processes[r.order[i]]
		if !p.stop(Limit) {
			r.t.Errorf("%s did not end within %s of SIGTERM\n%s", p.name, Limit, p.tail(10))
		}
	}
}

// Start starts a program that has ended; it does not wait until it is ready.
func (r *Rig) Start(name string) {
	r.t.Helper()
	if err := r.processes[name].start(); err != nil {
		r.t.Fatal(err)
	}
}

// Kill ends a program as if its machine had lost it: SIGKILL, by pid. It returns when it has ended.
func (r *Rig) Kill(name string) {
	r.t.Helper()
	if name == "postgres" {
		r.killPostgres()
		return
	}
	r.processes[name].kill()
}

// Ended names the programs that do not run, in the order of starting.
func (r *Rig) Ended() []string {
	var out []string
	for _, name := range r.order {
		if over, _ := r.processes[name].ended(); over {
			out = append(out, name)
		}
	}
	return out
}

// killPostgres takes the postmaster with its minder, which would start it again.
func (r *Rig) killPostgres() {
	r.t.Helper()
	pid := r.postmaster()
	if pid == 0 {
		r.t.Fatal("no Postgres runs that could be killed")
	}
	r.processes["postgres"].kill()
	killPID(pid)
}
