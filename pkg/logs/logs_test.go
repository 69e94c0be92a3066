package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/logs"
	"clocker.io/pkg/trace"
)

func TestALineSaysWhatItsContextIsAbout(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	log := logs.New(&text, "info", "json").With("service", "ipam")
	ctx := trace.With(t.Context(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	ctx = logs.With(ctx, func() []slog.Attr { return []slog.Attr{slog.Int64("event", 7), slog.String("consumer", "outer")} })
	c := clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: 1, Generation: 3}
	ctx = logs.With(ctx, func() []slog.Attr { return append(logs.Container(c), slog.String("consumer", "inner")) })
	log.InfoContext(ctx, "leased", "generation", int64(4))
	var line map[string]any
	if err := json.Unmarshal(text.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"service": "ipam", "event": 7.0, "container": "shop/web/1", "generation": 4.0, // the line itself wins
		"consumer": "inner", "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331", "msg": "leased",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	if n := strings.Count(text.String(), `"generation"`); n != 1 {
		t.Errorf("generation is said %d times: %s", n, text.String())
	}
}

func TestWhatIsNotLoggedIsNotAskedFor(t *testing.T) {
	t.Parallel()
	log := logs.New(&bytes.Buffer{}, "warn", "json")
	ctx := logs.With(t.Context(), func() []slog.Attr { t.Error("asked"); return nil })
	log.InfoContext(ctx, "no")
}

func TestLevelAndFormatAreSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ level, format, want string }{
		{"debug", "json", `"level":"DEBUG"`}, {"nonsense", "json", `"level":"INFO"`}, {"info", "text", "level=INFO msg=i"}, {"error", "json", ""},
	} {
		var text bytes.Buffer
		log := logs.New(&text, tc.level, tc.format)
		log.DebugContext(context.Background(), "d")
		log.Info("i")
		if !strings.Contains(text.String(), tc.want) || tc.want == "" && text.Len() > 0 || strings.Contains(text.String(), "DEBUG") != (tc.level == "debug") {
			t.Errorf("%+v: %s", tc, text.String())
		}
	}
}
