package run_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"clocker.io/pkg/run"

	"github.com/prometheus/client_golang/prometheus"
)

func TestAProcessIsAskedForItsHealthWhereverItListens(t *testing.T) {
	t.Parallel()
	bad := run.Check{Name: "database", Ready: func(context.Context) error { return errors.New("is away") }}
	srv := httptest.NewServer(run.HealthHandler(prometheus.NewRegistry(), []run.Check{bad}))
	t.Cleanup(srv.Close)
	_, port, _ := strings.Cut(srv.Listener.Addr().String(), ":")
	for _, tc := range []struct{ listen, path, want string }{
		{"127.0.0.1:" + port, "/livez", ""},
		{"0.0.0.0:" + port, "/livez", ""},
		{":" + port, "/livez", ""},
		{":" + port, "/readyz", "503"},
		{":1", "/livez", "refused"},
		{"nonsense", "/livez", "CLOCKER_HEALTH_LISTEN"},
	} {
		err := run.Ask(t.Context(), tc.listen, tc.path)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s%s: %v, want %q", tc.listen, tc.path, err, tc.want)
		}
	}
}
