package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/events"
)

// stateStarted is that of a container that runs and was not found healthy yet.
const stateStarted = "started"

// progress shows a running operation: a board that is redrawn on a terminal, else a line for each event.
type progress struct {
	shell *Shell
	uid   string
	op    string
	cloud string // of the application, once an event named it
	board render.Board
	live  *render.Live // nil without a terminal
}

func (s *Shell) newProgress(a client.Accepted) *progress {
	p := &progress{shell: s, uid: a.UID, op: a.Operation}
	if s.ErrTerminal && s.Env("TERM") != "dumb" && !s.json() {
		p.live = &render.Live{W: s.Err}
	}
	return p
}

// until shows events until the operation may have ended, or it is time to ask, or nothing can be shown any more.
func (p *progress) until(ctx context.Context, seen *watcher) error {
	ask := time.NewTimer(pollOperation)
	defer ask.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ask.C:
			return nil
		case err := <-seen.failed:
			return err
		case e := <-seen.events:
			finished, err := p.apply(e)
			if finished || err != nil {
				return err
			}
		}
	}
}

// look asks why what runs is not healthy yet. It is told where it can be had, and else is no matter.
func (p *progress) look(ctx context.Context, api *client.Client, app string) {
	if !p.board.AnyRuns() {
		return
	}
	list, err := client.Get[struct {
		Items []client.Container `json:"items"`
	}](ctx, api, client.Path("containers"), url.Values{"application": {app}})
	if err != nil {
		return
	}
	for _, c := range list.Value.Items {
		if c.UID != p.uid || c.State != stateStarted {
			continue
		}
		if line, news := p.board.Unproven(c.Container, c.Reason); news {
			p.draw(line)
		}
	}
}

// apply shows one event and says whether it ended the operation.
func (p *progress) apply(e client.Event) (finished bool, err error) {
	fact, err := e.Fact()
	if err != nil {
		return false, nil // of a newer Clocker: not for us
	}
	switch f := fact.(type) {
	case events.HostFailed:
		if waits := p.board.Unplaced(); f.Cloud == p.cloud && len(waits) > 0 {
			return false, &impossible{reason: f.Reason + "\n  " + strings.Join(waits, "\n  ")}
		}
		return false, nil
	case events.OperationFinished:
		return f.Operation == p.op, nil
	}
	if uidOf(e) != p.uid {
		return false, nil
	}
	if f, ok := fact.(events.ContainerRequested); ok {
		p.cloud = f.Cloud
	}
	p.show(fact)
	return false, nil
}

func (p *progress) show(fact events.Event) {
	if line, ok := p.board.Apply(fact); ok {
		p.draw(line)
	}
}

// draw shows what has changed on the board: the line about it, or the board.
func (p *progress) draw(line string) {
	switch {
	case p.live == nil:
		fmt.Fprintln(p.shell.Err, line)
	default:
		width, height := p.shell.Size()
		p.live.Draw(p.board.Lines(width, height, p.shell.errPaint()))
	}
}

// uidOf is the uid of the application that an event is about.
func uidOf(e client.Event) string {
	var data struct {
		UID string `json:"uid"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return ""
	}
	return data.UID
}
