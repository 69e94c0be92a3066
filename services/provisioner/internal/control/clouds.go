package control

import (
	"context"
	"encoding/json"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/provisioner/internal/store"
)

// Operation does what a user asks of a host or a cloud. Operations of other kinds are another's.
func (c *Control) Operation(ctx context.Context, s *store.Store, r bus.Received[events.OperationRequested]) ([]events.Event, error) {
	switch r.Event.Kind {
	case events.OperationCordon, events.OperationUncordon:
		return c.cordon(ctx, s, r)
	case events.OperationCloudCreate, events.OperationCloudSet, events.OperationCloudRemove:
		return c.settle(ctx, s, r)
	}
	return nil, nil
}

// settle makes, sets or removes a cloud, or says why not.
func (c *Control) settle(ctx context.Context, s *store.Store, r bus.Received[events.OperationRequested]) ([]events.Event, error) {
	e := r.Event
	var asked clocker.CloudSettings
	if len(e.Params) > 0 {
		if err := json.Unmarshal(e.Params, &asked); err != nil {
			return nil, bus.Permanent(fmt.Errorf("read the settings of a cloud: %w", err))
		}
	}
	now, known, err := s.LockCloud(ctx, e.Target)
	if err != nil {
		return nil, err
	}
	var fact events.Event
	var refusal string
	switch {
	case e.Kind == events.OperationCloudCreate && known:
		refusal = fmt.Sprintf("there is a cloud %q already", e.Target)
	case e.Kind == events.OperationCloudCreate:
		fact, refusal, err = c.createCloud(ctx, s, r, asked)
	case !known:
		refusal = fmt.Sprintf("there is no cloud %q", e.Target)
	case asked.Revision > 0 && asked.Revision != now.Revision, r.Number <= now.Number:
		refusal = "a later request came first, or the cloud has changed since it was looked at; look again"
	case e.Kind == events.OperationCloudSet:
		fact, err = c.setCloud(ctx, s, r, now, asked)
	default:
		fact, refusal, err = c.removeCloud(ctx, s, e)
	}
	if err != nil {
		return nil, err
	}
	end := events.OperationFinished{Operation: e.Operation, Kind: e.Kind, Outcome: events.OutcomeDone}
	if fact == nil {
		end.Outcome, end.Reason = events.OutcomeFailed, refusal
		return []events.Event{end}, nil
	}
	s.AfterCommit(c.Wake)
	return []events.Event{fact, end}, nil
}

func (c *Control) createCloud(ctx context.Context, s *store.Store, r bus.Received[events.OperationRequested], asked clocker.CloudSettings) (
	events.Event, string, error,
) {
	if known, err := s.Located(ctx, asked.Location); err != nil || !known {
		return nil, fmt.Sprintf("there is no location %q", asked.Location), err
	}
	set := store.Settings{CloudSettings: clocker.NewCloud(asked), Number: r.Number}
	if made, err := s.SetCloud(ctx, r.Event.Target, set); err != nil || !made {
		return nil, fmt.Sprintf("there is a cloud %q already", r.Event.Target), err
	}
	return events.CloudCreated(cloudSet(r.Event, set)), "", nil
}

func (c *Control) setCloud(ctx context.Context, s *store.Store, r bus.Received[events.OperationRequested], now store.Settings, asked clocker.CloudSettings) (
	events.Event, error,
) {
	asked.Location = "" // it stays for life: hosts are of it
	set := store.Settings{CloudSettings: now.With(asked), Number: r.Number}
	if _, err := s.SetCloud(ctx, r.Event.Target, set); err != nil {
		return nil, err
	}
	return events.CloudChanged(cloudSet(r.Event, set)), nil
}

func cloudSet(asked events.OperationRequested, set store.Settings) events.CloudSet {
	return events.CloudSet{Cloud: asked.Target, Location: set.Location, MaxHosts: *set.MaxHosts,
		MaxContainers: *set.MaxContainers, Strategies: *set.Strategies, By: asked.By}
}

// removeCloud removes a cloud that nobody uses. An application that was deployed to it at the same time waits for a host,
// with the reason that there is no such cloud, and goes on when there is.
func (c *Control) removeCloud(ctx context.Context, s *store.Store, e events.OperationRequested) (events.Event, string, error) {
	hosts, applications, err := s.Users(ctx, e.Target)
	if err != nil {
		return nil, "", err
	}
	if err := clocker.CloudFree(e.Target, hosts, applications); err != nil {
		return nil, err.Error(), nil
	}
	return events.CloudRemoved{Cloud: e.Target, By: e.By}, "", s.DropCloud(ctx, e.Target)
}
