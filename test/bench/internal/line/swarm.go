package line

import (
	"context"
	"fmt"

	"clocker.io/test/bench/internal/sandbox"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/swarm"
)

// swarmMode is `docker network create -d overlay` and `docker service create --detach` on the same Engine, by the same
// calls.
type swarmMode struct {
	sandbox *sandbox.Sandbox
	service string
}

func (s *swarmMode) name() string { return "swarm" }

// join makes the Engine a swarm of one.
func (s *swarmMode) join(ctx context.Context) error {
	_, err := s.sandbox.Engine.SwarmInit(ctx, swarm.InitRequest{ListenAddr: "192.0.2.1:2377", AdvertiseAddr: "192.0.2.1"})
	if err != nil {
		return fmt.Errorf("begin a swarm: %w", err)
	}
	return nil
}

func (s *swarmMode) run(ctx context.Context, n int) error {
	labels := map[string]string{label: "swarm"}
	made, err := s.sandbox.Engine.NetworkCreate(ctx, "bench-swarm", network.CreateOptions{Driver: "overlay", Labels: labels})
	if err != nil {
		return err
	}
	replicas := uint64(n)
	service, err := s.sandbox.Engine.ServiceCreate(ctx, swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: "bench", Labels: labels},
		TaskTemplate: swarm.TaskSpec{
			// By id, so that no registry is asked for it.
			ContainerSpec: &swarm.ContainerSpec{Image: s.sandbox.Image, Labels: labels},
			Networks:      []swarm.NetworkAttachmentConfig{{Target: made.ID}},
			RestartPolicy: &swarm.RestartPolicy{Condition: swarm.RestartPolicyConditionNone},
		},
		Mode: swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &replicas}},
	}, swarm.ServiceCreateOptions{})
	s.service = service.ID
	return err
}

func (s *swarmMode) clear(ctx context.Context) error {
	if err := s.sandbox.Engine.ServiceRemove(ctx, s.service); err != nil {
		return err
	}
	// The network can go when the last task has left it; until then it is refused.
	err := until(ctx, func() (bool, error) {
		err := s.sandbox.Engine.NetworkRemove(ctx, "bench-swarm")
		return err == nil || errdefs.IsNotFound(err), nil
	})
	if err != nil {
		return err
	}
	return gone(ctx, s.sandbox.Engine, label)
}
