package logs

import (
	"context"
	"io"
	"log/slog"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/trace"
)

// New makes a logger of lines in JSON, or in text for format "text", from a level up: debug, info, warn or error.
func New(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: l}
	if format == "text" {
		return slog.New(Handler(slog.NewTextHandler(w, o)))
	}
	return slog.New(Handler(slog.NewJSONHandler(w, o)))
}

// Handler adds what the context knows to every record: trace_id, span_id, and what With noted.
func Handler(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

// Handle implements slog.Handler. What the record itself says wins over the context.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	known := map[string]bool{}
	r.Attrs(func(a slog.Attr) bool { known[a.Key] = true; return true })
	r = r.Clone()
	add := func(a slog.Attr) {
		if !known[a.Key] {
			known[a.Key] = true
			r.AddAttrs(a)
		}
	}
	for n, _ := ctx.Value(noteKey{}).(*note); n != nil; n = n.outer {
		for _, a := range n.attrs() {
			add(a)
		}
	}
	if t, s := trace.IDs(ctx); t != "" {
		add(slog.String("trace_id", t))
		add(slog.String("span_id", s))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(a []slog.Attr) slog.Handler { return handler{h.Handler.WithAttrs(a)} }

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

type noteKey struct{}

// note is what a context knows; the inner one wins.
type note struct {
	attrs func() []slog.Attr
	outer *note
}

// With notes what the work in ctx is about. attrs is called only when a line is logged, and may be called often.
func With(ctx context.Context, attrs func() []slog.Attr) context.Context {
	outer, _ := ctx.Value(noteKey{}).(*note)
	return context.WithValue(ctx, noteKey{}, &note{attrs, outer})
}

// Container are the attributes of a generation of a container.
func Container(c clocker.Container) []slog.Attr {
	return []slog.Attr{slog.String("container", c.Path()), slog.Int64("generation", c.Generation)}
}
