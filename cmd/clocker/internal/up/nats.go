package up

import (
	"log/slog"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/bus/rights"

	"github.com/prometheus/client_golang/prometheus"
)

// line is how the services of this process reach NATS: the server in it, or one elsewhere.
type line struct {
	what   string
	server *embed.Server // nil when NATS is elsewhere
	url    string
	ca     string
	data   Data
}

// startNATS runs NATS in this process unless CLOCKER_NATS_URL names one, which must trust the identities of the data
// directory. It opens a port only on CLOCKER_NATS_LISTEN.
func startNATS(d Data, env func(string) string, log *slog.Logger, metrics prometheus.Registerer) (line, error) {
	l := line{data: d}
	if l.url = env("CLOCKER_NATS_URL"); l.url != "" {
		l.ca = env("CLOCKER_NATS_CA")
		l.what = "NATS at " + l.url + " (CLOCKER_NATS_URL)"
		return l, nil
	}
	listen := env("CLOCKER_NATS_LISTEN")
	var err error
	if l.server, err = embed.Start(natsConfig(d, listen, env, log, metrics)); err != nil {
		return line{}, err
	}
	l.what = "NATS in this process, no port"
	if listen != "" {
		l.what = "NATS in this process, listening on " + listen
	}
	return l, nil
}

func ofNATS(r prometheus.Registerer) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"service": "nats"}, r)
}

func natsConfig(d Data, listen string, env func(string) string, log *slog.Logger, metrics prometheus.Registerer) embed.Config {
	return embed.Config{Dir: d.path("nats"), Auth: d.natsAuth(), Listen: listen, Log: log, Metrics: metrics,
		TLS: embed.TLS{Cert: env("CLOCKER_TLS_CERT"), Key: env("CLOCKER_TLS_KEY"), CA: env("CLOCKER_TLS_CA")}}
}

// options connect a service as one of the users.
func (l line) options(user string) bus.Options {
	o := bus.Options{URL: l.url, CA: l.ca, Credentials: l.data.credentials(user)}
	if l.server != nil {
		o.InProcess = l.server
	}
	if r, ok := rights.Of(user); ok && r.Candidate {
		o.Sequencer = l.data.credentials(rights.Sequencer)
	}
	return o
}

func (l line) stop() {
	if l.server != nil {
		l.server.Stop()
	}
}
