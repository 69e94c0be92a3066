package http

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"

	"github.com/coder/websocket"
)

func TestACommandIsWrittenDownWithoutItsArgumentsAndItsExitCodeIsTold(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	what := clocker.ExecCommand{Command: []string{"/bin/mysql", "-psecret"}, Env: []string{"KEY=secret"}, User: "root", Stdin: true}
	c := b.call(what)
	c.send(clocker.ExecStdin, []byte("select 1"))
	if got := string(c.until(clocker.ExecStdout)); got != "select 1" {
		t.Errorf("output %q", got)
	}
	c.send(clocker.ExecSize, []byte(`{"width":120,"height":40}`))
	if size := <-a.sized; size != (clocker.TerminalSize{Width: 120, Height: 40}) {
		t.Errorf("the terminal is %+v", size)
	}
	a.out <- clocker.ExecOutput{Stream: "stderr", Data: []byte("warned")}
	c.until(clocker.ExecStderr)
	a.out <- clocker.ExecOutput{Ended: true, ExitCode: 7}
	if r := c.result(); r != (clocker.ExecResult{ExitCode: 7}) {
		t.Errorf("result %+v", r)
	}
	if _, _, err := c.ws.Read(c.ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("closed with %v", err)
	}
	if room := c.out[clocker.ExecRoom]; room != string(binary.BigEndian.AppendUint32(nil, 8)) {
		t.Errorf("room for %q more", room)
	}
	<-a.left
	started, ended, facts := b.session()
	if started.Command != "mysql" || started.User != "root" || started.By == "" || started.Path() != "shop/store/0" || started.Host != "localhost" {
		t.Errorf("started as %+v", started)
	}
	if ended.ExitCode != 7 || ended.Reason != "" || ended.Session != started.Session || ended.By != started.By {
		t.Errorf("ended as %+v", ended)
	}
	for _, f := range facts {
		if text, err := json.Marshal(f); err != nil || strings.Contains(string(text), "psecret") || strings.Contains(string(text), "KEY") {
			t.Errorf("%s (%v)", text, err)
		}
	}
	if len(a.opened) != 1 || a.opened[0].Session != started.Session || a.opened[0].Container != started.Container ||
		!slices.Equal(a.opened[0].Command, what.Command) {
		t.Errorf("the agent was asked for %+v", a.opened)
	}
}

func TestAClientThatLeavesHasItsCommandEnded(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	c := b.call(clocker.ExecCommand{Command: []string{"sh"}})
	a.out <- clocker.ExecOutput{Stream: "stdout", Data: []byte("$ ")}
	c.until(clocker.ExecStdout)
	_ = c.ws.CloseNow()
	select {
	case <-a.left:
	case <-c.ctx.Done():
		t.Fatal("the agent was not told")
	}
	if _, e, _ := b.session(); e.Reason != "the client left" {
		t.Errorf("ended as %+v", e)
	}
}

func TestOutputWaitsForRoomAtTheClient(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	piece := []byte(strings.Repeat("x", clocker.ExecChunk))
	for range 10 {
		a.out <- clocker.ExecOutput{Stream: "stdout", Data: piece}
	}
	a.out <- clocker.ExecOutput{Ended: true}
	c := b.call(clocker.ExecCommand{Command: []string{"sh"}})
	c.until(clocker.ExecStdout)
	c.until(clocker.ExecStdout)
	another := b.call(clocker.ExecCommand{Command: []string{"sh"}}) // it goes on meanwhile, and takes the next two
	another.until(clocker.ExecStdout)
	another.until(clocker.ExecStdout)
	if n := len(a.out); n != 7 {
		t.Errorf("%d pieces are left at the agent, want 7: each client has room for two", n)
	}
	for range 6 {
		c.send(clocker.ExecRoom, binary.BigEndian.AppendUint32(nil, clocker.ExecChunk))
		c.until(clocker.ExecStdout)
	}
	c.send(clocker.ExecRoom, binary.BigEndian.AppendUint32(nil, clocker.ExecChunk))
	if r := c.result(); r.ExitCode != 0 || r.Error != "" {
		t.Errorf("result %+v", r)
	}
}

func TestWhatAClientMayNotSendEndsItsCommandWithTheReason(t *testing.T) {
	t.Parallel()
	b, _ := running(t)
	for name, c := range map[string]struct {
		send func(c *caller)
		want string
	}{
		"no command":      {func(c *caller) { c.send(clocker.ExecStart, []byte(`{}`)) }, "there is no command to run"},
		"no start":        {func(c *caller) { c.send(clocker.ExecStdin, []byte("x")) }, "the first message must say what to run"},
		"unknown message": {func(c *caller) { c.send(clocker.ExecStart, []byte(`{"command":["sh"]}`)); c.send('?', nil) }, `a message of kind '?' is not known`},
		"a long user": {func(c *caller) {
			c.send(clocker.ExecStart, []byte(`{"command":["sh"],"user":"`+strings.Repeat("x", 257)+`"}`))
		}, "the user is longer than 256 bytes"},
		"a long directory": {func(c *caller) {
			c.send(clocker.ExecStart, []byte(`{"command":["sh"],"dir":"`+strings.Repeat("x", 4097)+`"}`))
		}, "the directory is longer than 4096 bytes"},
		"more than there is room for": {func(c *caller) {
			c.send(clocker.ExecStart, []byte(`{"command":["sh","`+strings.Repeat("x", 256<<10)+`"]}`))
		}, "what to run takes more than 256 KiB"},
		"bad size": {func(c *caller) {
			c.send(clocker.ExecStart, []byte(`{"command":["sh"]}`))
			c.send(clocker.ExecSize, []byte("{"))
		}, "the size of the terminal cannot be read: unexpected end of JSON input"},
	} {
		a := b.dial()
		b.commandAgent()
		c.send(a)
		if r := a.result(); r.Code != "invalid" || r.Error != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestTheNameOfACommandHasNothingThatFollowsIt(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"sh": "sh", "/bin/mysql": "mysql", "mysql -p/s3cret": "mysql", "/bin/mysql\t-p/s3cret": "mysql", " mysql\n-ps3cret": "mysql", " ": "",
		strings.Repeat("é", 40): strings.Repeat("é", 32), strings.Repeat("é", 31) + "xé": strings.Repeat("é", 31) + "x",
	} {
		if got := nameOf(word); got != want {
			t.Errorf("%q is written down as %q, want %q", word, got, want)
		}
	}
}

func TestAClientHearsOfTheEndThoughItCannotBeWrittenDownYet(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	c := b.call(clocker.ExecCommand{Command: []string{"sh"}})
	a.out <- clocker.ExecOutput{Stream: "stdout", Data: []byte("$ ")}
	c.until(clocker.ExecStdout)
	b.exec(`alter table events.outbox rename to elsewhere`)
	a.out <- clocker.ExecOutput{Ended: true, ExitCode: 7}
	if r := c.result(); r != (clocker.ExecResult{ExitCode: 7}) {
		t.Errorf("result %+v", r)
	}
	b.exec(`alter table events.elsewhere rename to outbox`)
	if _, e, _ := b.session(); e.ExitCode != 7 {
		t.Errorf("ended as %+v", e)
	}
}

// notRun is said of furnish's container that has come to a host and not further.
const notRun = "the container shop/web/1 is addressed and has not run yet; its explain says what it waits for"

// What a host says of a container that it does not have yet is no answer to somebody who sees it in a list.
func TestAContainerThatHasNotStartedIsSaidToBeOnItsWay(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	a.refuse = &clocker.Error{Code: clocker.NotFound, Message: "generation 2 of container shop/web/1 is not on this host"}
	b.logs = func(context.Context, string, any, func([]byte) error) error { return a.refuse }
	if p := b.do("GET", "/v1/containers/shop/web/1/logs", "").problem(t); p.Status != http.StatusConflict || p.Detail != notRun {
		t.Errorf("logs: %+v", p)
	}
	if p := b.do("GET", "/v1/containers/shop/store/0/logs", "").problem(t); p.Status != http.StatusNotFound || !strings.Contains(p.Detail, "not on this host") {
		t.Errorf("logs of one that ran: %+v", p)
	}
	b.exec(`update policy.v_containers set state = 'cleared', started_at = null where entity = 'store'`)
	r := b.call(clocker.ExecCommand{Command: []string{"sh"}}).result()
	if r.Code != string(clocker.Conflict) || !strings.HasPrefix(r.Error, "the container shop/store/0 is cleared and has not run yet") {
		t.Errorf("exec: %+v", r)
	}
}

func TestACommandThatItsAgentLosesEndsWithTheReason(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	c := b.call(clocker.ExecCommand{Command: []string{"sh"}})
	a.out <- clocker.ExecOutput{Stream: "stdout", Data: []byte("$ ")}
	c.until(clocker.ExecStdout)
	a.mu.Lock()
	a.refuse = &clocker.Error{Code: clocker.NotFound, Message: "the agent does not know this session"}
	a.mu.Unlock()
	const want = "the agent does not know this session; the command may run on: the agent of host localhost was started anew, and ends it when it finds it"
	if r := c.result(); r.Error != want {
		t.Errorf("result %+v", r)
	}
	if _, e, _ := b.session(); e.Reason != want {
		t.Errorf("ended as %+v", e)
	}
}

func TestACommandThatCannotBeEndedIsSaidToRunOn(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bundle, c *caller) string{
		"the client left": func(_ *bundle, c *caller) string { _ = c.ws.CloseNow(); return "" },
		"this process of api ends, or the token is not taken any more": func(b *bundle, c *caller) string { b.server.end(); return c.result().Error },
	} {
		b, a := running(t)
		a.lives = "it is deaf"
		c := b.call(clocker.ExecCommand{Command: []string{"sh"}})
		a.out <- clocker.ExecOutput{Stream: "stdout", Data: []byte("$ ")}
		c.until(clocker.ExecStdout)
		want := name + "; the command may run on: it is deaf"
		if heard := end(b, c); heard != "" && heard != want {
			t.Errorf("the client hears %q, want %q", heard, want)
		}
		if _, e, _ := b.session(); e.Reason != want {
			t.Errorf("it is written down as %q, want %q", e.Reason, want)
		}
	}
}

func TestTheProcessThatEndsTellsItsClientsAndWaitsUntilThatIsWrittenDown(t *testing.T) {
	t.Parallel()
	b, a := running(t)
	c := b.call(clocker.ExecCommand{Command: []string{"sh"}})
	a.out <- clocker.ExecOutput{Stream: "stdout", Data: []byte("$ ")}
	c.until(clocker.ExecStdout)
	a.mu.Lock()
	a.refuse = &clocker.Error{Code: clocker.Unavailable, Message: "no responders"}
	a.mu.Unlock()
	b.server.end()
	if r := c.result(); !strings.HasPrefix(r.Error, "this process of api ends") || !strings.HasSuffix(r.Error, "; the command may run on: "+
		"the agent of host localhost does not answer: it ended the command with itself, or ends it when it is back") {
		t.Errorf("result %+v", r)
	}
	b.server.waitForExecs(c.ctx)
	if _, e, _ := b.session(); !strings.HasPrefix(e.Reason, "this process of api ends") {
		t.Errorf("ended as %+v", e)
	}
}

func TestACommandNeedsAWebSocketOfItsProtocolFromHere(t *testing.T) {
	t.Parallel()
	b, _ := running(t)
	const path = "/v1/containers/shop/store/0/exec"
	upgrade := []string{"Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"no websocket":     {nil, http.StatusUpgradeRequired},
		"no protocol":      {upgrade, http.StatusBadRequest},
		"another protocol": {append(slices.Clone(upgrade), "Sec-WebSocket-Protocol", "chat"), http.StatusBadRequest},
		"another origin":   {append(slices.Clone(upgrade), "Sec-WebSocket-Protocol", clocker.ExecProtocol, "Origin", "http://evil.example"), http.StatusForbidden},
		"no token":         {append(slices.Clone(upgrade), "Sec-WebSocket-Protocol", clocker.ExecProtocol, "Authorization", ""), http.StatusUnauthorized},
	} {
		if r := b.do("GET", path, "", c.headers...); r.Status != c.status {
			t.Errorf("%s: status %d, want %d", name, r.Status, c.status)
		}
	}
	if r := b.do("GET", "/v1/containers/shop/web/0/exec", "", upgrade...); r.Status != http.StatusConflict {
		t.Errorf("a container that has not run: status %d", r.Status)
	}
}
