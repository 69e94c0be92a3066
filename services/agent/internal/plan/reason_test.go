package plan

import "testing"

func TestTheEndOfAProcessIsPutInWords(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]string{0: "exited with code 0", 128: "exited with code 128", 129: "killed by signal 1",
		159: "killed by signal 31", 160: "exited with code 160", 255: "exited with code 255"} {
		if got := Reason(code, false); got != want {
			t.Errorf("%d: %s, want %s", code, got, want)
		}
	}
}

// Whoever looks why nothing happens reads what the container waits for.
func TestWhatWaitsSaysWhy(t *testing.T) {
	t.Parallel()
	older := observed(Running, func(o *Observed) { o.ID = "u0/web/0@1" })
	for want, in := range map[string]Input{
		"the Engine is removing it":                              {Observed: observed(Removing, nil)},
		"the name clk-shop-web-0-g1 is still held by u0/web/0@1": {Observed: older},
		"its network is not described":                           {Gate: Gate{Network: NetworkPending, Reason: "its network is not described"}},
		"its address is elsewhere":                               {Observed: observed(Created, nil), Gate: Gate{Network: NetworkReady, Reason: "its address is elsewhere"}},
		"exited with code 1":                                     {Observed: observed(Exited, code(1)), Ledger: reported(nil)},
	} {
		in.ID, in.Limits, in.Now, in.Assignment = "u1/web/0@1", limits, t0, wanted(nil)
		if in.Gate == (Gate{}) {
			in.Gate = open
		}
		if s := Next(in); s.Do != Wait || s.Reason != want {
			t.Errorf("%s because of %q, want wait because of %q", s.Do, s.Reason, want)
		}
	}
}
