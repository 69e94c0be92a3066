package clocker

import "errors"

// Code sorts errors that a user can act on. api maps it to an HTTP status, the CLI to an exit code.
type Code string

// The codes. Anything that is no *Error is internal and is not shown to users.
const (
	Invalid     Code = "invalid"     // the request is wrong; 400
	NotFound    Code = "not_found"   // 404
	Conflict    Code = "conflict"    // the state forbids it; 409
	Denied      Code = "denied"      // who you are forbids it; 403
	Exhausted   Code = "exhausted"   // no capacity or address left; 409
	Unavailable Code = "unavailable" // try again later; 503
)

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
