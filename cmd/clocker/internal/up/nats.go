package up

import (
	"log/slog"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/embed"
)

// line is how the services of this process reach NATS: the server in it, or one elsewhere.
type line struct {
	what   string
	server *embed.Server // nil when NATS is elsewhere
	url    string
	users  map[string]string // user → file of its credentials
}

// startNATS runs NATS in this process unless CLOCKER_NATS_URL names one. It opens a port only on CLOCKER_NATS_LISTEN.
func startNATS(d Data, env func(string) string, log *slog.Logger) (line, error) {
	l := line{users: map[string]string{userControl: d.credentials(userControl), userHost: d.credentials(userHost)}}
	if l.url = env("CLOCKER_NATS_URL"); l.url != "" {
		if file := env("CLOCKER_NATS_CREDENTIALS"); file != "" {
			l.users[userControl] = file
		}
		l.what = "NATS at " + l.url + " (CLOCKER_NATS_URL)"
		return l, nil
	}
	listen := env("CLOCKER_NATS_LISTEN")
	var err error
	if l.server, err = embedNATS(d, listen, log); err != nil {
		return line{}, err
	}
	l.what = "NATS in this process, no port"
	if listen != "" {
		l.what = "NATS in this process, listening on " + listen
	}
	return l, nil
}

func embedNATS(d Data, listen string, log *slog.Logger) (*embed.Server, error) {
	cfg := embed.Config{Dir: d.path("nats"), Listen: listen, Log: log}
	for user, host := range map[string]string{userControl: "", userHost: localHost} {
		name, password, err := readCredentials(d.credentials(user))
		if err != nil {
			return nil, err
		}
		cfg.Users = append(cfg.Users, embed.User{Name: name, Password: password, Host: host})
	}
	return embed.Start(cfg)
}

// options connect a service as one of the users.
func (l line) options(user string) (bus.Options, error) {
	name, password, err := readCredentials(l.users[user])
	if err != nil {
		return bus.Options{}, err
	}
	o := bus.Options{URL: l.url, User: name, Password: password}
	if l.server != nil {
		o.InProcess = l.server
	}
	if user == userHost {
		o.InboxPrefix = embed.InboxPrefix(localHost)
	}
	return o, nil
}

func (l line) stop() {
	if l.server != nil {
		l.server.Stop()
	}
}
