package embed

import (
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/rights"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	refusalsAtOnce = 256         // lines that wait; past it a refusal is counted as nobody's
	refusalQuiet   = time.Minute // one who tries the same again and again is logged this often
	refusalsKnown  = 1024        // pairs of user and subject remembered for that
)

// What is refused.
const (
	whatPublish   = "publish"
	whatSubscribe = "subscribe"
)

// refusal is one thing that the server did not let somebody do.
type refusal struct {
	client  uint64 // connection
	key     string // public key of its user
	what    string
	subject string
}

// refusals logs who was refused what, and counts it. The server names a user by a public key; the name is in the claims
// that the connection showed, which must not be asked for inside the server's own call.
type refusals struct {
	log   *slog.Logger
	name  func(client uint64) string
	count *prometheus.CounterVec
	total atomic.Int64
	lines chan refusal
	quit  chan struct{}
	once  sync.Once
	done  chan struct{}
}

func newRefusals(log *slog.Logger, metrics prometheus.Registerer, name func(client uint64) string) *refusals {
	r := &refusals{log: log, name: name, lines: make(chan refusal, refusalsAtOnce),
		quit: make(chan struct{}), done: make(chan struct{}),
		count: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clocker_nats_refusals_total", Help: "Messages and subscriptions that NATS refused, by user.",
		}, []string{"user", "what"})}
	for _, user := range rights.Users() { // a series that only appears with the first refusal raises no alarm
		r.count.WithLabelValues(user, whatPublish)
		r.count.WithLabelValues(user, whatSubscribe)
	}
	if metrics != nil {
		metrics.MustRegister(r.count)
	}
	go r.run()
	return r
}

// stop ends it once the server has ended, when all that was refused is written.
func (r *refusals) stop() {
	r.once.Do(func() { close(r.quit) })
	<-r.done
}

func (r *refusals) run() {
	defer close(r.done)
	w := writer{refusals: r, names: map[string]string{}, said: map[string]time.Time{}}
	for {
		select {
		case f := <-r.lines:
			w.write(f)
			continue
		default:
		}
		select {
		case f := <-r.lines:
			w.write(f)
		case <-r.quit:
			return
		}
	}
}

// writer is the side that logs.
type writer struct {
	*refusals
	names map[string]string // of users, by key
	said  map[string]time.Time
}

func (w *writer) write(f refusal) {
	if len(w.names) > refusalsKnown {
		clear(w.names)
	}
	if w.names[f.key] == "" {
		w.names[f.key] = w.name(f.client)
	}
	user := w.names[f.key]
	if user == "" {
		user = f.key // it was gone before it could be asked
	}
	w.count.WithLabelValues(user, f.what).Inc()
	about := user + " " + f.what + " " + f.subject
	if time.Since(w.said[about]) < refusalQuiet {
		return
	}
	if len(w.said) > refusalsKnown {
		clear(w.said)
	}
	w.said[about] = time.Now()
	w.log.Error("NATS refused", "user", user, "what", f.what, "subject", f.subject)
}

// take has a line of the server's log if it is about a refusal.
func (r *refusals) take(line string) bool {
	f, ok := parseRefusal(line)
	if !ok {
		return false
	}
	r.total.Add(1)
	select {
	case r.lines <- f:
	default:
		r.count.WithLabelValues("", f.what).Inc()
	}
	return true
}

var (
	violation = regexp.MustCompile(`(Publish|Subscription) Violation - (?:Subject|Reply) ("(?:[^"\\]|\\.)*")`)
	ofClient  = regexp.MustCompile(`cid:(\d+)`)
	ofUser    = regexp.MustCompile(`jwt:(U[A-Z2-7]{55})`)
)

// parseRefusal reads a line such as
//
//	127.0.0.1:4 - cid:7 - "v1.55.0:go:clocker-ipam" - "A.../CLOCKER/jwt:U..." - Publish Violation - Subject "a.b"
func parseRefusal(line string) (refusal, bool) {
	m := violation.FindStringSubmatch(line)
	if m == nil {
		return refusal{}, false
	}
	f := refusal{what: whatPublish}
	if m[1] == "Subscription" {
		f.what = whatSubscribe
	}
	var err error
	if f.subject, err = strconv.Unquote(m[2]); err != nil {
		f.subject = m[2]
	}
	before, _, _ := strings.Cut(line, m[0])
	if c := ofClient.FindStringSubmatch(before); c != nil {
		f.client, _ = strconv.ParseUint(c[1], 10, 64)
	}
	if u := ofUser.FindStringSubmatch(before); u != nil {
		f.key = u[1]
	}
	return f, true
}

// Refused is how many messages and subscriptions the server has refused.
func (s *Server) Refused() int64 { return s.refusals.total.Load() }

// userOf is the user of a connection that is there.
func (s *Server) userOf(client uint64) string {
	c := s.GetClient(client)
	if c == nil {
		return ""
	}
	return access.Name(c.GetOpts().JWT)
}

// logger passes on what the server warns of.
type logger struct {
	log      *slog.Logger
	refusals *refusals
}

func (l logger) Errorf(format string, v ...any) {
	if line := fmt.Sprintf(format, v...); !l.refusals.take(line) {
		l.log.Error("nats: " + line)
	}
}

func (l logger) Noticef(format string, v ...any) { l.log.Debug("nats: " + fmt.Sprintf(format, v...)) }
func (l logger) Warnf(format string, v ...any)   { l.log.Warn("nats: " + fmt.Sprintf(format, v...)) }
func (l logger) Fatalf(format string, v ...any)  { l.log.Error("nats: " + fmt.Sprintf(format, v...)) }
func (l logger) Debugf(string, ...any)           {}
func (l logger) Tracef(string, ...any)           {}
