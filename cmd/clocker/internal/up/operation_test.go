package up

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// operate asks for something that takes time and gives its operation.
func (s *simulated) operate(method, path, body string) (operation string) {
	s.t.Helper()
	var accepted struct{ Operation string }
	if status := s.call(method, path, body, &accepted); status != http.StatusAccepted {
		s.t.Fatalf("%s %s: %d", method, path, status)
	}
	return accepted.Operation
}

// ends waits until an operation has ended in a state and with a reason that begins so.
func (s *simulated) ends(operation, state, reason string) {
	s.t.Helper()
	s.eventually("the end of "+operation, func() error {
		var o struct{ State, Reason string }
		s.call(http.MethodGet, "/v1/operations/"+operation, "", &o)
		if o.State != state || !strings.HasPrefix(o.Reason, reason) {
			return fmt.Errorf("%s: %s", o.State, o.Reason)
		}
		return nil
	})
}

// waits waits until a container waits for a reason that has these words.
func (s *simulated) waits(container, words string) {
	s.t.Helper()
	s.eventually(container+" to wait", func() error {
		var c struct{ State, Reason string }
		status := s.call(http.MethodGet, "/v1/containers/"+container, "", &c)
		if status != http.StatusOK || !strings.Contains(c.Reason, words) {
			return fmt.Errorf("%d: %s: %s", status, c.State, c.Reason)
		}
		return nil
	})
}

// Api, provisioner, scheduler and policy each do their part, with the rights that each has: a host is cordoned, what
// waits for it is cancelled, and the rest is placed when it is not cordoned any more.
func TestAHostIsCordonedAndWhatWaitsForItIsCancelled(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	s.deploy("shop", 2)
	s.healthy("shop", 2)
	host := "/v1/hosts/" + LocalHost
	s.ends(s.operate(http.MethodPost, host+"/cordon", ""), "done", "")

	grow := s.operate(http.MethodPost, "/v1/applications/shop/entities/web/resize", `{"size":5}`)
	s.waits("shop/web/4", "is cordoned")
	stop := s.operate(http.MethodPost, "/v1/operations/"+grow+"/cancel", "")
	s.ends(grow, "cancelled", "cancelled by "+stop+": shop/web stays at 2")
	s.ends(stop, "done", "")
	s.healthy("shop", 2)

	late := s.operate(http.MethodPost, "/v1/applications", "id: late\nservices: [{type: 'docker:nginx:1', id: web}]")
	s.waits("late/web/0", "is cordoned")
	back := s.operate(http.MethodPost, "/v1/operations/"+late+"/cancel", "")
	s.ends(back, "done", "")
	s.ends(late, "cancelled", "cancelled by "+back)
	s.eventually("late to be gone", func() error {
		if status := s.call(http.MethodGet, "/v1/applications/late", "", nil); status != http.StatusNotFound {
			return fmt.Errorf("it answers %d", status)
		}
		return nil
	})

	again := s.operate(http.MethodPost, "/v1/applications", "id: late\nservices: [{type: 'docker:nginx:1', id: web}]")
	s.waits("late/web/0", "is cordoned")
	s.ends(s.operate(http.MethodPost, host+"/uncordon", ""), "done", "")
	s.ends(again, "done", "")
	s.ends(s.operate(http.MethodPost, "/v1/applications/shop/restart", ""), "done", "")
	s.ends(s.operate(http.MethodPost, "/v1/applications/shop/entities/web/resize", `{"size":1}`), "done", "")
	s.healthy("shop", 1)
	s.ends(s.operate(http.MethodDelete, "/v1/applications/shop", ""), "done", "")
}
