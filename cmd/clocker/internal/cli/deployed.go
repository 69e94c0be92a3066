package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"clocker.io/cmd/clocker/internal/client"
)

// deployed shows what runs now.
func (s *Shell) deployed(ctx context.Context, api *client.Client, op client.Doc[client.Operation]) error {
	app := op.Value.Application
	query := url.Values{"application": {app}}
	list, err := settled(ctx, api, query)
	if err != nil {
		return err
	}
	unsteady := steady(app, list)
	if !s.forPeople() {
		if err := s.show(op.Raw, nil, app); err != nil {
			return err
		}
		return unsteady
	}
	if unsteady == nil {
		s.say("%s is healthy%s", app, startedAnew(list))
	}
	if err := listFrom(ctx, s, api, client.Path("containers"), query, s.containerList()); err != nil {
		return err
	}
	return unsteady
}

// looks is how often, a second apart, containers are looked at that ended while they were deployed: without a health check
// such a one counts as healthy as soon as it runs again, and most end again at once.
const looks = 4

// settled gives the containers of an application that was deployed, once one is seen to have ended, or none is to be feared for.
func settled(ctx context.Context, api *client.Client, query url.Values) ([]client.Container, error) {
	for look := 1; ; look++ {
		list, err := client.List[client.Container](ctx, api, client.Path("containers"), query)
		if err != nil || look == looks || startedAnew(list.Value) == "" || steady("", list.Value) != nil {
			return list.Value, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// unsteady is an application that was healthy, and is no longer when its deployment is told as done.
type unsteady struct{ application, container, reason string }

func (e *unsteady) Error() string {
	return fmt.Sprintf("%s was healthy and does not stay so: %s is %s", e.application, e.container, e.reason)
}

// steady looks whether a container of an application has ended, was found not to work or is made anew
// since its deployment was done: as a new application it begins with generation 1.
func steady(app string, list []client.Container) error {
	for _, c := range list {
		remade := c.Generation > 1 && c.State != stateHealthy && c.State != "finished"
		if c.State == "unhealthy" || c.State == "failed" || remade {
			return &unsteady{app, c.Container, c.State + colon(c.Reason)}
		}
	}
	return nil
}

// startedAnew names the first container that ended before it was healthy: it may do so again.
func startedAnew(list []client.Container) string {
	for _, c := range list {
		switch {
		case c.Attempt > 0:
			return fmt.Sprintf("; %s ended at first (exit code %d) and was started anew: clocker logs %s", c.Container, c.ExitCode, c.Container)
		case c.Generation > 1:
			return fmt.Sprintf("; %s failed at first and was replaced: clocker trace %s", c.Container, c.Container)
		}
	}
	return ""
}

// withReasons shows why containers of a deployment that failed, or is not done in time, are not healthy, the last lines of a
// failed build with it; of several with one reason only the first.
func (s *Shell) withReasons(ctx context.Context, api *client.Client, err error) error {
	var failed *operationFailed
	var late *stillRunning
	app := ""
	switch {
	case errors.As(err, &failed) && failed.op.State != client.OperationCancelled:
		app = failed.application
	case errors.As(err, &late) && late.code == exitTime:
		app = late.application
	}
	if app == "" {
		return err
	}
	list, explainErr := explainWaiting(ctx, api, app)
	if explainErr != nil {
		return err // what failed matters more than that its reasons cannot be had
	}
	if failed != nil {
		failed.next = afterFailure(app, list)
	}
	seen := map[string]bool{}
	for _, e := range list {
		if !seen[e.Value.Reason] {
			fmt.Fprint(s.Err, s.explanationText(e.Value))
		}
		seen[e.Value.Reason] = true
	}
	return err
}

// afterFailure is how to go on once what stood in the way is mended. An image that could not be had is asked for again by
// the next deploy alone.
func afterFailure(app string, waiting []client.Doc[client.Explanation]) string {
	for _, e := range waiting {
		if e.Value.Image != nil && e.Value.Image.State == "failed" {
			return fmt.Sprintf("once the image can be had: clocker delete %s --wait    and deploy it again", app)
		}
	}
	mended := fmt.Sprintf("once that is mended: clocker restart %s    or take it away: clocker delete %s", app, app)
	for _, e := range waiting {
		if e.Value.Restarts > 0 && e.Value.ExitCode != 0 {
			return fmt.Sprintf("what it printed: clocker logs %s    %s", e.Value.Container, mended)
		}
	}
	return mended
}
