package blueprint

import (
	"slices"

	"clocker.io/pkg/clocker"
)

// defaultAttempts is how often an agent restarts a container in place before policy is asked.
const defaultAttempts = 5

// readRestart reads restart: a policy, or a map of policy and attempts.
func (s *service) readRestart(n node) {
	if !n.isMap() {
		s.readPolicy(n)
		return
	}
	fields, _ := n.fields("restart")
	known := restartKeys()
	for _, f := range fields {
		at := slices.IndexFunc(known, func(k serviceKey) bool { return k.name == f.name })
		if at < 0 {
			unknownKey(f, names(known))
			continue
		}
		known[at].read(s, f.value)
	}
	if s.entity.Restart.Policy == clocker.RestartNever {
		s.entity.Restart.Attempts = 0
	}
}

func (s *service) readAttempts(n node) {
	if v, ok := n.integer("attempts", attemptNumbers); ok {
		s.entity.Restart.Attempts = int(v)
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
		n.fail(BadRestart, `"always" is what it is called here`, "unknown restart policy %q", policy)
	case "false", "never":
		n.fail(BadRestart, `"no" is what it is called here`, "unknown restart policy %q", policy)
	default:
		n.fail(BadRestart, hint, "unknown restart policy %q", clip(policy))
	}
}
