package clocker

// What control asks an agent for, to run a command in a container for somebody. Control leads: it opens the command on
// clocker.do.<host>.exec, puts input on .exec.<session>.in, pulls output on .exec.<session>.out, and the agent only ever
// answers. So output waits in the container until somebody has room for it, and a message that was lost is sent again.

// ExecChunk bounds a piece of input or output, in bytes.
const ExecChunk = 32 << 10

// ExecRequest opens a command in a container. Whoever asks chooses the session, a random id.
type ExecRequest struct {
	Session   string    `json:"session"`
	Container Container `json:"container"`
	ExecCommand
}

// ExecCommand is what to run, and how.
type ExecCommand struct {
	Command  []string      `json:"command"`
	Env      []string      `json:"env,omitempty"` // NAME=value, or NAME to go without it
	User     string        `json:"user,omitempty"`
	Dir      string        `json:"dir,omitempty"`
	Stdin    bool          `json:"stdin,omitempty"`
	Terminal bool          `json:"terminal,omitempty"`
	Size     *TerminalSize `json:"size,omitempty"`
}

// TerminalSize is that of a terminal, in characters.
type TerminalSize struct {
	Width  uint16 `json:"width"`
	Height uint16 `json:"height"`
}

// ExecOpened answers an ExecRequest.
type ExecOpened struct{}

// ExecInput gives input to a command. Number counts from 1 what carries Data or EOF; without, it is 0, and says only
// that somebody is there, what size the terminal has, or that nobody is there any more.
type ExecInput struct {
	Number int64         `json:"number,omitempty"`
	Data   []byte        `json:"data,omitempty"`
	EOF    bool          `json:"eof,omitempty"`
	Size   *TerminalSize `json:"size,omitempty"`
	Leave  bool          `json:"leave,omitempty"` // the command is to be ended
}

// ExecTaken answers an ExecInput. What was not taken is to be sent again: the command has not read what came before.
type ExecTaken struct {
	Taken bool   `json:"taken"`
	Lives string `json:"lives,omitempty"` // to one who left: why the command may run on; empty when it has ended
}

// ExecPull asks for the output of a number, from 1. The one asked for last can be asked for again.
type ExecPull struct {
	Number int64 `json:"number"`
}

// ExecOutput answers an ExecPull. One with Number 0 says that there is nothing yet.
type ExecOutput struct {
	Number   int64  `json:"number,omitempty"`
	Stream   string `json:"stream,omitempty"` // stdout, stderr
	Data     []byte `json:"data,omitempty"`
	Ended    bool   `json:"ended,omitempty"`
	ExitCode int    `json:"exitCode,omitempty"`
	Broken   string `json:"broken,omitempty"` // why it ended without an exit code
}

// ExecProtocol is the WebSocket subprotocol between a client and the api: binary messages, of which the first byte says
// the kind. docs/operations.md has it in words.
const ExecProtocol = "clocker.exec.v1"

// ExecWindow is how many bytes of input, and of output, may be under way until the other side says that it has room.
const ExecWindow = 64 << 10

// Kinds of messages of ExecProtocol.
const (
	ExecStart  = 's' // client: an ExecCommand, before everything else
	ExecStdin  = 'i' // client: input
	ExecEOF    = 'z' // client: the end of input
	ExecSize   = 'w' // client: a TerminalSize
	ExecRoom   = 'r' // both: four bytes, big-endian: how many more bytes have room
	ExecStdout = 'o' // api: output
	ExecStderr = 'e' // api: output
	ExecEnd    = 'x' // api: an ExecResult, after everything else
)

// ExecResult says how a command ended: with an exit code, or with an error of Clocker.
type ExecResult struct {
	ExitCode int    `json:"exitCode"`
	Code     string `json:"code,omitempty"` // of the error
	Error    string `json:"error,omitempty"`
}
