package blueprint

import "clocker.io/pkg/clocker"

// defaultAttempts is how often an agent restarts a container in place before policy is asked.
const defaultAttempts = 5

// readRestart reads restart: a policy, or a map of policy and attempts.
func (s *service) readRestart(n node) {
	if !n.isMap() {
		s.readPolicy(n)
		return
	}
	fields, _ := n.fields("restart")
	for _, f := range fields {
		switch f.name {
		case "policy":
			s.readPolicy(f.value)
		case "attempts":
			if v, ok := f.value.integer("attempts", 0, 1000); ok {
				s.entity.Restart.Attempts = int(v)
			}
		default:
			unknownKey(f, []string{"policy", "attempts"})
		}
	}
	if s.entity.Restart.Policy == clocker.RestartNever {
		s.entity.Restart.Attempts = 0
	}
}

func (s *service) readPolicy(n node) {
	const hint = `"always", "on-failure" or "no"; or a map of policy and attempts`
	policy, ok := n.line("restart")
	if !ok {
		return
	}
	switch policy {
	case clocker.RestartAlways, clocker.RestartOnFailure:
		s.entity.Restart.Policy = policy
	case clocker.RestartNever:
		s.entity.Restart = clocker.RestartPolicy{Policy: policy}
	case "unless-stopped":
		n.fail(`"always" is what it is called here`, "unknown restart policy %q", policy)
	case "false", "never":
		n.fail(`"no" is what it is called here`, "unknown restart policy %q", policy)
	default:
		n.fail(hint, "unknown restart policy %q", clip(policy))
	}
}
