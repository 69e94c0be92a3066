package http

import (
	"net/http"

	"clocker.io/docs"
	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/pages"

	"github.com/labstack/echo/v4"
)

// shownPage serves a page of the documentation. Nobody needs a token for it: it says nothing of what runs.
func (s *Server) shownPage(c echo.Context) error {
	site, err := s.site()
	if err != nil {
		return err
	}
	name := c.Param("page")
	if folder := c.Param("folder"); folder != "" {
		name = folder + "/" + c.Param("file")
	}
	text, ok := site.Page(name)
	if !ok {
		return refuse(http.StatusNotFound, clocker.NotFound, "the documentation has no page "+name)
	}
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, pages.Policy)
	c.Response().Header().Set(echo.HeaderXContentTypeOptions, "nosniff")
	return c.HTMLBlob(http.StatusOK, text)
}

// pageFile serves what pages are shown with.
func pageFile(name, kind string) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXContentTypeOptions, "nosniff")
		return c.Blob(http.StatusOK, kind+"; charset=utf-8", pages.File(name))
	}
}

// published serves a document of the folder docs/ as it is.
func published(file string) echo.HandlerFunc {
	return func(c echo.Context) error {
		text, err := docs.Files.ReadFile(file)
		if err != nil {
			return err
		}
		return c.JSONBlob(http.StatusOK, text)
	}
}

// blueprintSchema answers with the JSON Schema of blueprints, for editors.
func (s *Server) blueprintSchema(c echo.Context) error {
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, blueprint.Schema())
}
