package http

import (
	"net/http"

	"clocker.io/docs"
	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"

	"github.com/labstack/echo/v4"
)

// errorPage answers with the page about a code, where the type of each problem points to.
func (s *Server) errorPage(c echo.Context) error {
	page, known := docs.Error(c.Param("code"))
	if !known {
		return refuse(http.StatusNotFound, string(clocker.NotFound), "there is no page about this code")
	}
	return c.Blob(http.StatusOK, "text/markdown; charset=utf-8", page)
}

// blueprintSchema answers with the JSON Schema of blueprints, for editors.
func (s *Server) blueprintSchema(c echo.Context) error {
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, blueprint.Schema())
}
