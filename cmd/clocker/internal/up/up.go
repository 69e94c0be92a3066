package up

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"

	"golang.org/x/sync/errgroup"
)

const (
	// bootTime bounds everything before the services run; a first image pull is the longest of it.
	bootTime = 5 * time.Minute
	// stopTime bounds the end of the database.
	stopTime = 15 * time.Second
)

// Options are how `clocker up` was asked to run.
type Options struct {
	Dir      string              // data directory
	Env      func(string) string // environment
	Log      *slog.Logger        // what services log
	Say      func(line string)   // what a person is told, a line or more at a time
	Detached bool                // started by Detach

	background []string // further environment of a process that Detach starts
}

func (o Options) listen() string { return setting(o.Env, "CLOCKER_LISTEN", defaultListen) }

func (o Options) apiURL() string {
	if o.Env("CLOCKER_TLS_CERT") != "" {
		return "https" + strings.TrimPrefix(urlOf(o.listen()), "http")
	}
	return urlOf(o.listen())
}

// Run runs Clocker until ctx ends, which is no error, or until a part of it fails.
func Run(ctx context.Context, o Options) error {
	d, err := OpenData(o.Dir)
	if err != nil {
		return err
	}
	listen := o.listen()
	holder := Holder{Started: time.Now().UTC(), Detached: o.Detached, URL: o.apiURL()}
	l, err := acquire(d, holder)
	if err != nil {
		return err
	}
	defer l.release()
	if err := portFree(listen); err != nil {
		return err
	}
	c := &composition{Options: o, data: d}
	defer c.stop()
	if err := c.boot(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return c.serve(ctx, func() error {
		holder.Ready = true
		o.Say(welcome("Clocker is ready.", d, holder.URL))
		return l.say(holder)
	})
}

// composition is what runs, in the order in which it was started.
type composition struct {
	Options
	data  Data
	db    database
	line  line
	fleet *fleet
}

func (c *composition) boot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	if warning := engineWarning(ctx); warning != "" {
		c.Say(warning)
	}
	var err error
	if c.db, err = chooseDatabase(ctx, c.data, c.Env, c.Log); err != nil {
		return err
	}
	c.Say("database: " + c.db.What)
	if err := pg.Migrate(ctx, c.db.URL, schemas()...); err != nil {
		return err
	}
	if err := claim(ctx, c.data, c.db); err != nil {
		return err
	}
	registry := newRegistry()
	if c.line, err = startNATS(c.data, c.Env, c.Log, ofNATS(registry)); err != nil {
		return err
	}
	c.Say("messages: " + c.line.what)
	settings := map[string]string{
		"CLOCKER_DATABASE_URL": c.db.URL, "CLOCKER_DATA": c.data.Dir, "CLOCKER_INSTALLATION": c.data.Installation,
	}
	c.fleet, err = build(c.data, c.line, platform{lookup(settings, c.Env), c.Log, registry})
	return err
}

// serve runs the services; ready is called once when all of them are.
func (c *composition) serve(ctx context.Context, ready func() error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return run.Group(ctx, c.fleet.platforms, c.fleet.services) })
	if c.db.Run != nil {
		g.Go(func() error { return ended(ctx, c.db.Run(ctx)) })
	}
	g.Go(func() error {
		checks := append(c.fleet.checks(), run.Check{Name: "api: listens", Ready: answers(c.apiURL())})
		if err := awaitReady(ctx, checks, c.Say); err != nil {
			return ended(ctx, err)
		}
		return ready()
	})
	return g.Wait()
}

// ended drops the error of a part that ended because it was asked to.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// awaitReady returns when every check is ready. It says once, after some seconds, what is not.
func awaitReady(ctx context.Context, checks []run.Check, say func(string)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	health := run.NewHealth(checks)
	for began, said := time.Now(), false; ; {
		results, ready := health.Probe(ctx)
		if ready {
			return nil
		}
		if !said && time.Since(began) > 5*time.Second {
			said = true
			for _, r := range results {
				if !r.Ready {
					say("still waiting for " + r.Check + ": " + r.Error)
				}
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// answers is the check that the API is there for others. It asks nothing that is worth a lie and says nothing, so any
// certificate will do: the one there may be for names of this machine that only others use.
func answers(url string) func(ctx context.Context) error {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	api := &http.Client{Transport: transport}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
		if err != nil {
			return err
		}
		res, err := api.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s/readyz answers %s", url, res.Status)
		}
		return nil
	}
}

// stop ends what was started, last first. Containers go on.
func (c *composition) stop() {
	if c.fleet != nil {
		c.fleet.close()
	}
	c.line.stop()
	if c.db.Stop == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := c.db.Stop(ctx); err != nil {
		c.Log.Error("stop the database", "reason", err)
	}
}

const defaultListen = "127.0.0.1:8080"

func setting(env func(string) string, key, fallback string) string {
	if v := env(key); v != "" {
		return v
	}
	return fallback
}

// urlOf is how this machine reaches a listen address.
func urlOf(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// portFree fails early and in words when the API could not listen.
func portFree(listen string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("the API cannot listen on %s: %w; choose another address: CLOCKER_LISTEN=127.0.0.1:8090 clocker up",
			listen, errors.Unwrap(err))
	}
	return l.Close()
}

// welcome says where to look and what to do next.
func welcome(first string, d Data, url string) string {
	return first + fmt.Sprintf(`
  API      %s
  token    %s
  data     %s  (installation %s)
Next:
  clocker deploy BLUEPRINT.yaml --wait    deploy an application
  clocker ps                              what runs
  clocker events -f                       what happens`, url, d.TokenFile(), d.Dir, d.Installation)
}
