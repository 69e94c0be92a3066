package clocker

import "errors"

// Code sorts errors that a user can act on. api maps it to an HTTP status, the CLI to an exit code.
type Code string

// The codes. Anything that is no *Error is internal and is not shown to users.
const (
	Invalid     Code = "invalid"     // the request is wrong; 400
	NotFound    Code = "not-found"   // 404
	Conflict    Code = "conflict"    // the state forbids it; 409
	Denied      Code = "denied"      // who you are forbids it; 403
	Exhausted   Code = "exhausted"   // no capacity or address left; 409
	Unavailable Code = "unavailable" // try again later; 503

	// These are told by api alone, of requests that reach nobody else.
	Unauthenticated  Code = "unauthenticated"    // who you are is not known; 401
	MethodNotAllowed Code = "method-not-allowed" // 405
	Pruned           Code = "pruned"             // events that are no longer kept; 410
	Changed          Code = "changed"            // it is not what you looked at any more; 412
	TooLarge         Code = "too-large"          // 413
	KeyReused        Code = "key-reused"         // an Idempotency-Key stands for another request; 422
	UpgradeRequired  Code = "upgrade-required"   // a path that is a WebSocket; 426
	TooMany          Code = "too-many"           // slow down; 429
	Internal         Code = "internal"           // a mistake of ours; 500
)

// Codes are all codes of refusals. docs/errors has a page for each.
func Codes() []Code {
	return []Code{
		Invalid, NotFound, Conflict, Denied, Exhausted, Unavailable, Unauthenticated, MethodNotAllowed, Pruned, Changed,
		TooLarge, KeyReused, UpgradeRequired, TooMany, Internal,
	}
}

// Page is where the code is explained: a path of the API, and with .md the file in this repository.
func (c Code) Page() string { return "/docs/errors/" + string(c) }

// Error is a refusal in words a user can act on. Err, when set, is what lies under it; it is logged and not shown.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Err     error  `json:"-"`
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap gives what lies under the refusal.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of the first *Error in err's chain, or "" when there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
