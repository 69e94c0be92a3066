package http

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/store"

	"github.com/labstack/echo/v4"
)

const (
	headerETag    = "ETag"
	headerIfMatch = "If-Match"
)

// answer writes a value with its entity tag, or only that when the caller has the value already.
func answer(c echo.Context, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tag := tagOf(body)
	c.Response().Header().Set(headerETag, tag)
	c.Response().Header().Set(echo.HeaderCacheControl, "private, no-cache") // kept, but asked for again
	if matches(c.Request().Header.Values("If-None-Match"), tag, true) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.JSONBlob(http.StatusOK, body)
}

// tagOf is a strong entity tag: equal tags are equal bytes.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// matches reports whether a tag is in a list of them. Weakly, a tag that a proxy made weak counts as well.
func matches(headers []string, tag string, weakly bool) bool {
	for word := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		word = strings.TrimSpace(word)
		if weakly {
			word = strings.TrimPrefix(word, "W/")
		}
		if word == "*" || word == tag {
			return true
		}
	}
	return false
}

// unchanged refuses a change whose If-Match is not the tag of what current reads. It is called in the transaction of the
// change, with what could change it locked, so that nothing comes between.
func unchanged[T any](ctx context.Context, c echo.Context, st *store.Store, what string, current func(ctx context.Context, r *store.Reader) (T, error)) error {
	wanted := c.Request().Header.Values(headerIfMatch)
	if len(wanted) == 0 {
		return nil
	}
	v, err := current(ctx, st.Reader())
	if err != nil {
		return err
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if matches(wanted, tagOf(body), false) {
		return nil
	}
	return refuse(http.StatusPreconditionFailed, clocker.Changed,
		what+" has changed since it was read with that ETag; read it again, and ask again if you still want it")
}
