package clocker

// What may be done about a dead letter.
const (
	LetterRetry = "retry" // have the service handle the event once more
	LetterDrop  = "drop"  // give it up for good
)

// LettersAtOnce is how many dead letters one LetterOrder may name: an answer must come in the time of a request.
const LettersAtOnce = 50

// LetterOrder is a request on clocker.letter.<service> about dead letters of its consumer. The service does it before it
// answers.
type LetterOrder struct {
	Action  string  `json:"action"`
	Numbers []int64 `json:"numbers"`
	By      string  `json:"by"` // who asks, for the record
}

// LetterReply says which letters are settled, and why each of the others is not.
type LetterReply struct {
	Settled []int64                 `json:"settled,omitempty"`
	Failed  map[int64]LetterFailure `json:"failed,omitempty"` // by number
}

// LetterFailure is why a dead letter stays as it is.
type LetterFailure struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}
