package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/clocker"
)

// The exit codes are a contract with scripts.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitDenied      = 4
	exitConflict    = 5
	exitTime        = 6   // time is up; what was asked for goes on
	exitImpossible  = 7   // no host can take it
	exitDiffers     = 8   // of diff --exit-code
	exitInterrupted = 130 // as shells have it for Ctrl-C
)

// usageError is a command line that cannot be meant.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// stillRunning says that a command stopped waiting for something that goes on.
type stillRunning struct {
	code        int
	text        string
	application string // that was waited for, if it is known
}

func (e *stillRunning) Error() string { return e.text }

// errDiffers ends `clocker diff --exit-code` when something does; what it is was shown.
var errDiffers = errors.New("there are differences")

// badFile is a refusal of a file that was sent, with its text, so that the places in it can be shown.
type badFile struct {
	name, text string
	problem    *client.Problem
}

func (e *badFile) Error() string { return e.problem.Error() }

func (e *badFile) Unwrap() error { return e.problem }

// codeOf is the exit code of a command that ended with err.
func codeOf(err error) int {
	var usage *usageError
	var value *wrongValue
	var running *stillRunning
	var problem *client.Problem
	var held *up.Held
	var unready *up.Unready
	var refused *clocker.Error
	var ours *unable
	var theirs *exited
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &theirs):
		return theirs.code
	case errors.As(err, &ours):
		return exitUnable
	case errors.As(err, &usage), errors.As(err, &value):
		return exitUsage
	case errors.As(err, &running):
		return running.code
	case errors.As(err, &problem):
		return codeOfProblem(problem)
	case errors.As(err, &unready):
		return codeOfUnready(unready)
	case errors.As(err, &held):
		return exitConflict
	case errors.As(err, &refused):
		return codeOfRefusal(refused.Code)
	case errors.Is(err, errDiffers):
		return exitDiffers
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitFailed
	}
}

func codeOfProblem(p *client.Problem) int {
	switch {
	case p.Code == string(clocker.Exhausted):
		return exitImpossible
	case p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden:
		return exitDenied
	case p.Status == http.StatusNotFound:
		return exitNotFound
	case p.Status == http.StatusConflict || p.Status == http.StatusPreconditionFailed:
		return exitConflict
	default:
		return exitFailed
	}
}

// codeOfUnready tells Ctrl-C from time that is up; either way Clocker goes on.
func codeOfUnready(u *up.Unready) int {
	if errors.Is(u, context.DeadlineExceeded) {
		return exitTime
	}
	return exitInterrupted
}

// codeOfRefusal is for what the command line refuses by itself.
func codeOfRefusal(code clocker.Code) int {
	switch code {
	case clocker.Invalid:
		return exitUsage
	case clocker.NotFound:
		return exitNotFound
	case clocker.Denied:
		return exitDenied
	case clocker.Conflict:
		return exitConflict
	default:
		return exitFailed
	}
}

// report tells a person why a command failed, and gives its exit code.
func (s *Shell) report(err error) int {
	code := codeOf(err)
	var unready *up.Unready
	interrupted := code == exitInterrupted && errors.Is(err, context.Canceled) && !errors.As(err, &unready)
	if err == nil || code == exitDiffers || interrupted {
		return code
	}
	var theirs *exited
	if errors.As(err, &theirs) {
		return code // it has said itself what there is to say
	}
	p := s.errPaint()
	var file *badFile
	if errors.As(err, &file) && len(file.problem.Errors) > 0 {
		fmt.Fprint(s.Err, render.Faults(file.name, file.text, faults(file.problem.Errors), p))
	}
	var running *stillRunning
	if errors.As(err, &running) {
		s.say("%s", running.text)
		return code
	}
	s.say("%s %s", p.Bad("clocker:"), s.words(err))
	if hint := s.hint(err); hint != "" {
		s.say("  hint: %s", hint)
	}
	return code
}

// words are those of an error, but that one who has no token is not told how to write HTTP.
func (s *Shell) words(err error) string {
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusUnauthorized && s.asked.token == "" {
		return fmt.Sprintf("the Clocker at %s wants a token, and there is none: it would come from %s", s.asked.url, s.asked.tokenFrom)
	}
	return err.Error()
}

// hint is what a person can do about an error that the API does not explain itself.
func (s *Shell) hint(err error) string {
	var problem *client.Problem
	var gone *client.Unreachable
	var foreign *client.Foreign
	var failed *operationFailed
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var slip *misspelt
	var shaky *unsteady
	switch {
	case errors.As(err, &shaky):
		return fmt.Sprintf("what it printed: clocker logs %s    and what becomes of it: clocker explain %s", shaky.container, shaky.container)
	case errors.As(err, &slip):
		return "did you mean " + slip.near + "?"
	case errors.As(err, &failed):
		return failed.next
	case errors.As(err, &unknown):
		return "name the authority that signed its certificate, ca.pem of the installation: --ca FILE or CLOCKER_CA"
	case errors.As(err, &name):
		return "use a name of the certificate in --url or CLOCKER_URL"
	case errors.As(err, &foreign):
		return s.elsewhere()
	case errors.Is(err, http.ErrSchemeMismatch):
		return ""
	case errors.As(err, &gone):
		return s.elsewhere()
	case !errors.As(err, &problem):
		return ""
	case problem.Status == http.StatusUnauthorized && s.asked.token == "":
		return s.tokenless()
	case problem.Status == http.StatusUnauthorized:
		return fmt.Sprintf("the token comes from %s; is it that of this installation?", s.asked.tokenFrom)
	case problem.Status == http.StatusServiceUnavailable:
		return "it may pass by itself; what is wrong is found by: clocker doctor"
	case problem.Oldest > 0:
		return fmt.Sprintf("the oldest are had with: --from %d", problem.Oldest)
	case problem.Suggestion != "":
		return "free is: " + problem.Suggestion
	case problem.Status == http.StatusInternalServerError && problem.TraceID != "":
		return "look for trace " + problem.TraceID + " in Clocker's log"
	}
	return ""
}

// tokenless is what a person can do who has no token.
func (s *Shell) tokenless() string {
	if u, err := url.Parse(s.asked.url); err == nil && onThisMachine(u) {
		return "run this as the account that runs Clocker (sudo clocker ...), or with a token that it makes: clocker token create NAME --role ROLE"
	}
	return "ask whoever runs it for a token (clocker token create NAME --role ROLE), and keep it: clocker ctx add NAME --url URL --token-stdin"
}

// elsewhere is what a person can do whose Clocker is not where it was looked for.
func (s *Shell) elsewhere() string {
	u, err := url.Parse(s.asked.url)
	switch {
	case s.asked.context != "":
		return fmt.Sprintf("this is the address of context %s; another one: clocker ctx ls, and on this machine: --ctx local", s.asked.context)
	case err == nil && onThisMachine(u):
		return "start it with: clocker up    or name another address: --url or CLOCKER_URL"
	default:
		return "is it running there? Another address is named with --url or CLOCKER_URL"
	}
}

func faults(in []client.Fault) []render.Fault {
	out := make([]render.Fault, len(in))
	for i, f := range in {
		out[i] = render.Fault{Pointer: f.Pointer, Line: f.Line, Column: f.Column, Code: f.Code, Detail: f.Detail, Hint: f.Hint}
	}
	return out
}
