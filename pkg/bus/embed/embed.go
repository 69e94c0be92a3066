package embed

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// maxPayload allows for a complete snapshot of a host with a thousand containers, in bytes.
const maxPayload = 8 << 20

// Config says where the server keeps its stream and who may connect.
type Config struct {
	Dir    string // JetStream's directory
	Listen string // host:port; empty opens no port
	Users  []User
	Log    *slog.Logger
}

// User is somebody who may connect.
type User struct {
	Name     string
	Password string
	// Host limits the user to the subjects of this host's agent and dns; empty means a control service.
	Host string
}

// Server is a running server. It is an InProcessConnProvider for bus.Options.
type Server struct{ *server.Server }

// Start runs a server and returns when it takes connections, at most 10 s later.
func Start(cfg Config) (*Server, error) {
	opts := &server.Options{
		ServerName: "clocker", DontListen: cfg.Listen == "", NoSigs: true, MaxPayload: maxPayload,
		JetStream: true, StoreDir: cfg.Dir, DisableJetStreamBanner: true, Users: users(cfg.Users),
		WriteDeadline: 10 * time.Second, NoSystemAccount: false,
	}
	if cfg.Listen != "" {
		host, port, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("NATS listen address %q: %w", cfg.Listen, err)
		}
		opts.Host = host
		if opts.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("NATS listen address %q: %w", cfg.Listen, err)
		}
		if opts.Port == 0 {
			opts.Port = server.RANDOM_PORT
		}
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start NATS: %w", err)
	}
	log := cfg.Log
	if log == nil {
		log = slog.Default()
	}
	s.SetLogger(logger{log}, false, false)
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		if cfg.Listen != "" {
			return nil, fmt.Errorf("start NATS: not ready after 10 s; is %s held by another program?", cfg.Listen)
		}
		return nil, errors.New("start NATS: not ready after 10 s")
	}
	return &Server{Server: s}, nil
}

// Stop ends the server and waits for it.
func (s *Server) Stop() {
	s.Shutdown()
	s.WaitForShutdown()
}

// users gives each host's user exactly the subjects that DESIGN 6 lists. Answers to requests it received are allowed
// for as long as a stream of logs may run.
func users(in []User) []*server.User {
	out := make([]*server.User, len(in))
	for i, u := range in {
		out[i] = &server.User{Username: u.Name, Password: u.Password}
		if u.Host == "" {
			continue
		}
		out[i].Permissions = &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{
				"clocker.fact." + u.Host, "clocker.ask." + u.Host, "clocker.beat." + u.Host,
			}},
			Subscribe: &server.SubjectPermission{Allow: []string{
				"clocker.want." + u.Host, "clocker.net." + u.Host, "clocker.do." + u.Host + ".>", InboxPrefix(u.Host) + ".>",
			}},
			Response: &server.ResponsePermission{MaxMsgs: -1, Expires: -1},
		}
	}
	return out
}

// InboxPrefix is where replies to a host's agent go; it may read no other inbox.
func InboxPrefix(host string) string { return "_INBOX_" + host }

// logger passes on what the server warns of.
type logger struct{ log *slog.Logger }

func (l logger) Noticef(format string, v ...any) { l.log.Debug("nats: " + fmt.Sprintf(format, v...)) }

// Warnf leaves out the server's advice to hash passwords: ours are 128 random bits in a file of mode 0600.
func (l logger) Warnf(format string, v ...any) {
	if text := fmt.Sprintf(format, v...); !strings.HasPrefix(text, "Plaintext passwords") {
		l.log.Warn("nats: " + text)
	}
}

func (l logger) Fatalf(format string, v ...any) { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }
func (l logger) Errorf(format string, v ...any) { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }
func (l logger) Debugf(string, ...any)          {}
func (l logger) Tracef(string, ...any)          {}
