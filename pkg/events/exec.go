package events

import "clocker.io/pkg/clocker"

// ExecStarted says that somebody runs a command in a container. Of the command it has the name alone: its arguments and
// environment may hold secrets.
type ExecStarted struct {
	clocker.Container
	Host     string `json:"host"`
	Session  string `json:"session"`
	Command  string `json:"command"`
	Terminal bool   `json:"terminal"`
	User     string `json:"user,omitempty"` // in the container, when another one than the image says was asked for
	By       string `json:"by"`
}

// ExecEnded says how a command ended that somebody ran in a container: with an exit code, or for a reason of Clocker.
type ExecEnded struct {
	clocker.Container
	Host     string `json:"host"`
	Session  string `json:"session"`
	ExitCode int    `json:"exitCode"`
	Reason   string `json:"reason,omitempty"`
	By       string `json:"by"`
}

func (ExecStarted) Topic() string { return "exec.started" }
func (ExecEnded) Topic() string   { return "exec.ended" }

func (e ExecStarted) Scope() Scope { return containerScope(e.Container, e.Host) }
func (e ExecEnded) Scope() Scope   { return containerScope(e.Container, e.Host) }
