package http

import (
	"net/http"
	"runtime/debug"

	"clocker.io/pkg/run"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func (s *Server) version(c echo.Context) error {
	v := view.Version{Version: "unknown", Installation: s.cfg.Installation}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version, v.Go = info.Main.Version, info.GoVersion
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				v.Revision = setting.Value
			}
		}
	}
	return c.JSON(http.StatusOK, v)
}

// live says that the process answers; it looks at nothing else.
func (s *Server) live(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// ready says whether requests can be served; ?verbose lists the checks.
func (s *Server) ready(c echo.Context) error {
	results, ready := run.Probe(c.Request().Context(), s.cfg.Checks)
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	verbose, err := boolean(c, "verbose", false)
	if err != nil {
		return err
	}
	if verbose {
		return c.JSON(status, results)
	}
	return c.JSON(status, map[string]bool{"ready": ready})
}

func (s *Server) metrics() echo.HandlerFunc {
	return echo.WrapHandler(promhttp.HandlerFor(s.cfg.Gatherer, promhttp.HandlerOpts{}))
}
