package http

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/archive"
	"clocker.io/services/api/internal/diff"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// maxBlueprint bounds a blueprint, and any body that is no upload, in bytes.
const maxBlueprint = blueprint.MaxBytes

// uidLength leaves 50 bits: enough that a uid is never made twice.
const uidLength = 10

// upload is what was sent to be deployed.
type upload struct {
	blueprint []byte
	context   []byte // tar.gz
}

// submit deploys a blueprint, or with ?dry_run=true says what it would do.
func (s *Server) submit(c echo.Context) error {
	up, err := s.readUpload(c)
	// The time for an answer counts from the headers on; a slow upload must not use it up.
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(writeTimeout))
	if err != nil {
		return err
	}
	var opts blueprint.Options
	if len(up.context) > 0 {
		if opts.Context, err = archive.Read(up.context); err != nil {
			return err
		}
	}
	ctx := c.Request().Context()
	err = s.store.Read(ctx, func(ctx context.Context, r *store.Reader) error {
		opts.Clouds, err = r.CloudNames(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if opts.Clouds == nil {
		opts.Clouds = []string{} // none is known yet, beside the first
	}
	if opts.Tolerant, err = boolean(c, "tolerant", false); err != nil {
		return err
	}
	app, found := blueprint.Parse(up.blueprint, opts)
	if len(found.Problems) > 0 {
		return badBlueprint(found.Problems)
	}
	warnings := faults(found.Warnings)
	dry, err := boolean(c, "dry_run", false)
	if err != nil {
		return err
	}
	if dry {
		return s.plan(c, app, warnings)
	}
	asked := [][]byte{up.blueprint, []byte(app.Context), strconv.AppendBool(nil, opts.Tolerant)}
	return s.once(c, asked, func(ctx context.Context, st *store.Store) (outcome, []events.Event, error) {
		sub := store.Submission{Application: app, UID: newID(uidLength), Operation: newOperation(),
			Blueprint: string(up.blueprint), Context: up.context, By: callerOf(c).String()}
		facts, err := st.Submit(ctx, sub)
		answer := view.Submitted{Accepted: view.Accepted{Application: app.ID, UID: sub.UID, Operation: sub.Operation}, Warnings: warnings}
		return inTime(sub.Operation, answer), facts, err
	})
}

func (s *Server) plan(c echo.Context, app clocker.Application, warnings []view.Fault) error {
	plan := planOf(app)
	plan.Warnings = warnings
	err := s.store.Read(c.Request().Context(), func(ctx context.Context, r *store.Reader) (err error) {
		plan.Changes, err = changes(ctx, r, app)
		return err
	})
	if err != nil {
		return err
	}
	if refusal := plan.Changes.Refusal; refusal != "" {
		plan.Notes = append(plan.Notes, refusal+": this would be refused")
	}
	return c.JSON(http.StatusOK, plan)
}

// changes compares a blueprint with the application of its id. One that is being deleted is nothing to compare with: what it
// has goes, whatever the blueprint says.
func changes(ctx context.Context, r *store.Reader, app clocker.Application) (diff.Changes, error) {
	now, err := r.Summary(ctx, app.ID)
	if clocker.CodeOf(err) == clocker.NotFound {
		return diff.Between(nil, app), nil
	}
	if err != nil {
		return diff.Changes{}, err
	}
	var c diff.Changes
	if now.State == stopping {
		c = diff.Between(nil, app)
		c.Refusal = "an application " + app.ID + " is being deleted"
	} else {
		running, err := r.Running(ctx, app.ID)
		if err != nil {
			return c, err
		}
		c = diff.Between(&running, app)
		c.Refusal = "an application " + app.ID + " is there already"
	}
	c.State, c.Reason = now.State, now.Reason
	return c, nil
}

// stopping is the state of an application that is being deleted, or whose deploy was cancelled.
const stopping = "stopping"

// readUpload reads the body: a blueprint, or the parts blueprint and context of multipart/form-data.
func (s *Server) readUpload(c echo.Context) (upload, error) {
	kind, params, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEMultipartForm {
		text, err := readBody(c)
		return upload{blueprint: text}, err
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	case <-c.Request().Context().Done():
		return upload{}, c.Request().Context().Err()
	}
	const headers = 64 << 10 // of the parts
	body := http.MaxBytesReader(c.Response(), c.Request().Body, archive.MaxBytes+maxBlueprint+headers)
	return readParts(multipart.NewReader(body, params["boundary"]))
}

func readParts(parts *multipart.Reader) (up upload, err error) {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return up, unreadable(err)
		}
		switch name := part.FormName(); name {
		case "blueprint":
			up.blueprint, err = readPart(part, "the blueprint", maxBlueprint)
		case "context":
			up.context, err = readPart(part, "the build context", archive.MaxBytes)
		default:
			err = invalid("the part %q is unknown; there are blueprint and context", name)
		}
		if err != nil {
			return up, err
		}
	}
	if up.blueprint == nil {
		return up, invalid("the part blueprint is missing")
	}
	return up, nil
}

func readPart(part io.Reader, what string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if int64(len(data)) > limit {
		return nil, &refusal{tooLarge(what, limit)}
	}
	return data, nil
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &refusal{tooLarge("the build context", archive.MaxBytes)}
	}
	return invalid("the body cannot be read: %v", err)
}

// readBody reads a body of at most 1 MiB.
func readBody(c echo.Context) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxBlueprint))
	var large *http.MaxBytesError
	if err != nil && !errors.As(err, &large) {
		return nil, invalid("the body cannot be read: %v", err)
	}
	return data, err
}
