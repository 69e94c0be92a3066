package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/doctor"
	"clocker.io/cmd/clocker/internal/up"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// api asks the API who it is, and what it knows that is not well.
func (s Settings) api(ctx context.Context) func(*doctor.Facts) {
	if s.API == nil {
		return func(f *doctor.Facts) { f.API = doctor.API{Trouble: doctor.Unasked, Reason: s.Unasked.Error()} }
	}
	ctx, cancel := context.WithTimeout(ctx, call)
	defer cancel()
	a := doctor.API{Base: s.API.Base, Named: s.Named, Token: s.Token, CLIVersion: s.Version.Version, CLIRevision: s.Version.Revision}
	shown := shownCertificate(ctx, s.API.Base)
	var clocks []doctor.Clock
	a.Checks, clocks = s.ready(ctx)
	version, err := client.Get[client.Version](ctx, s.API, client.Path("version"), nil)
	if err != nil {
		a.Trouble, a.Reason = apiTrouble(ctx, err)
	} else {
		// The Go tool puts one without a number in brackets, and this program says it without.
		a.Version, a.Revision, a.Installation = strings.Trim(version.Value.Version, "()"), version.Value.Revision, version.Value.Installation
		s.inside(ctx, &a)
	}
	return func(f *doctor.Facts) {
		f.API, f.Clocks = a, append(f.Clocks, clocks...)
		f.Certificates = append(f.Certificates, shown...)
	}
}

func apiTrouble(ctx context.Context, err error) (doctor.Trouble, string) {
	var gone *client.Unreachable
	var problem *client.Problem
	var foreign *client.Foreign
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case ctx.Err() != nil:
		return doctor.Silent, ctx.Err().Error()
	case errors.As(err, &authority) || errors.As(err, &name):
		return doctor.Untrusted, errors.Unwrap(err).Error()
	case errors.As(err, &gone):
		return doctor.Refused, gone.Err.Error()
	case errors.As(err, &problem) && (problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden) && problem.Raw != nil:
		return doctor.Denied, problem.Error()
	case errors.As(err, &foreign):
		return doctor.Foreign, foreign.Said
	case errors.As(err, &problem) && problem.Raw == nil:
		return doctor.Foreign, err.Error()
	}
	return doctor.Other, err.Error()
}

// ready reads /readyz, which needs no token, and the clock of who answers.
func (s Settings) ready(ctx context.Context) ([]doctor.Check, []doctor.Clock) {
	before := s.Now()
	res, err := s.get(ctx, "/readyz")
	if err != nil {
		return nil, nil // the question for the version tells
	}
	defer res.Body.Close()
	var answer struct {
		Checks []struct {
			Check string
			Ready bool
			Error string
		}
	}
	if json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&answer) != nil {
		return nil, nil
	}
	var out []doctor.Check
	for _, c := range answer.Checks {
		out = append(out, doctor.Check{Name: c.Check, Ready: c.Ready, Reason: c.Error})
	}
	var clocks []doctor.Clock
	if there, ok := dateOf(res); ok {
		clocks = append(clocks, clockOf("clock-api", "the API", there, before, s.Now(), halfSecond))
	}
	return out, clocks
}

func (s Settings) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.API.Base+path, nil)
	if err != nil {
		return nil, err
	}
	if path == "/readyz" {
		req.Header.Set("Accept", "application/json")
	}
	return s.API.HTTP.Do(req)
}

// inside reads what the API knows of the rest. What it does not give is not judged.
func (s Settings) inside(ctx context.Context, a *doctor.API) {
	if hosts, err := client.List[client.Host](ctx, s.API, client.Path("hosts"), nil); err == nil {
		for _, h := range hosts.Value {
			host := doctor.Host{Name: h.Host, State: h.State, Reason: h.Reason}
			if h.Engine != nil {
				host.Engine = h.Engine.Version
			}
			a.Hosts = append(a.Hosts, host)
		}
	}
	if letters, err := client.List[client.DeadLetter](ctx, s.API, client.Path("dead-letters"), nil); err == nil {
		for _, l := range letters.Value {
			a.Letters = append(a.Letters, l.Consumer+"/"+strconv.FormatInt(l.Number, 10))
		}
	}
	res, err := s.get(ctx, "/metrics")
	if err != nil {
		return
	}
	defer res.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	if families, err := parser.TextToMetricFamilies(res.Body); err == nil {
		measured(families, a)
	}
}

// measured takes from the metrics of all services in the API's process how far facts have come.
func measured(families map[string]*dto.MetricFamily, a *doctor.API) {
	a.Lag = map[string]float64{}
	for _, m := range families["clocker_consumer_lag"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "consumer" {
				a.Lag[l.GetValue()] = max(a.Lag[l.GetValue()], m.GetGauge().GetValue())
			}
		}
	}
	a.Behind = highest(families["clocker_stream_behind"])
	a.Outbox = highest(families["clocker_outbox_oldest_seconds"])
}

func highest(f *dto.MetricFamily) float64 {
	out := 0.0
	for _, m := range f.GetMetric() {
		out = max(out, m.GetGauge().GetValue())
	}
	return out
}

// shownCertificate is the one that the API shows, whoever signed it.
func shownCertificate(ctx context.Context, base string) []doctor.Certificate {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" {
		return nil
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "443")
	}
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // nothing is sent; who signed it is the client's to judge
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil // the question for the version tells
	}
	defer conn.Close()
	c := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	return []doctor.Certificate{{Where: "of the API at " + base, From: c.NotBefore, Until: c.NotAfter}}
}

// certificates reads those that `clocker up` is told to show, and those of the installation.
func (s Settings) certificates() func(*doctor.Facts) {
	var out []doctor.Certificate
	for _, path := range given(s.Env("CLOCKER_TLS_CERT")) {
		out = append(out, certificate(path))
	}
	if found, err := up.Examine(s.Dir); err == nil {
		for _, path := range found.Authority {
			c := certificate(path)
			c.Ours = true
			out = append(out, c)
		}
	}
	return func(f *doctor.Facts) { f.Certificates = append(f.Certificates, out...) }
}

func certificate(path string) doctor.Certificate {
	out := doctor.Certificate{Where: path}
	text, err := os.ReadFile(path)
	if err != nil {
		out.Reason = err.Error()
		return out
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		out.Reason = "it is no certificate in PEM"
		return out
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		out.Reason = fmt.Sprintf("it cannot be read: %v", err)
		return out
	}
	out.From, out.Until = c.NotBefore, c.NotAfter
	return out
}
