package doctor

import (
	"fmt"
	"time"
)

const (
	mib = 1 << 20

	leastFree   = 256 * mib // below it Postgres and the Engine are about to fail
	littleFree  = 2048 * mib
	leastInodes = 1000
	leastMemory = 128 * mib
	fewMemory   = 512 * mib
	leastFiles  = 1024
	fewFiles    = 4096

	skewFault   = 5 * time.Second
	skewWarning = time.Second
	jump        = time.Minute
)

func judgePorts(f Facts) []Finding {
	var out []Finding
	for _, p := range f.Ports {
		if len(p.Takers) == 0 {
			out = append(out, fine(p.Code, "%s is free for %s, or its own", p.Address, p.Use))
			continue
		}
		out = append(out, fault(p.Code, fmt.Sprintf("%s is taken by %s, so that %s cannot listen there", p.Address, p.Takers[0], p.Use),
			"end that program, if nobody needs it", p.Mend))
	}
	return out
}

func judgeDisks(f Facts) []Finding {
	var out []Finding
	for _, d := range f.Disks {
		text := fmt.Sprintf("%s of %s are free for %s (%s)", size(d.Free), size(d.Size), d.Use, d.Path)
		mend := []string{"see what takes it: du -xh " + d.Path + " | sort -h | tail", "what the Engine no longer uses: docker system df, and docker image prune"}
		switch {
		case d.Free < leastFree:
			out = append(out, fault("disk-full", "only "+text, mend...))
		case d.AllInodes > 0 && d.Inodes < leastInodes:
			out = append(out, fault("disk-inodes", fmt.Sprintf("only %d more files fit on the file system for %s (%s)", d.Inodes, d.Use, d.Path),
				"see where they are: du --inodes -x "+d.Path+" | sort -n | tail"))
		case d.Free < littleFree:
			out = append(out, warning("disk-low", "only "+text, mend...))
		default:
			out = append(out, fine("disk", "%s", text))
		}
	}
	return out
}

// judgeClocks compares the clocks of others with ours, and ours with its own past.
func judgeClocks(f Facts) []Finding {
	var out []Finding
	if n := f.Data.Newest; n.Path != "" && n.Changed.Sub(f.Now) > jump {
		out = append(out, fault("clock-back", fmt.Sprintf("this machine's clock says %s, but %s was changed at %s: the clock was set back",
			f.Now.UTC().Format(time.DateTime), n.Path, n.Changed.UTC().Format(time.DateTime)), "set the clock: sudo timedatectl set-ntp true",
			"if it is right now and was wrong before, nothing needs to be done: events keep their order by their numbers"))
	}
	for _, c := range f.Clocks {
		off := max(max(c.Ahead, -c.Ahead)-c.Within, 0)
		way := "ahead of"
		if c.Ahead < 0 {
			way = "behind"
		}
		text := fmt.Sprintf("the clock of %s is %s %s this machine's", c.Of, c.Ahead.Abs().Round(time.Second), way)
		mend := []string{"keep both in step: sudo timedatectl set-ntp true on either machine",
			"while they differ, ages are wrong, and certificates and tokens may seem over or not yet valid"}
		switch {
		case off > skewFault:
			out = append(out, fault(c.Code, text, mend...))
		case off > skewWarning:
			out = append(out, warning(c.Code, text, mend...))
		default:
			out = append(out, fine(c.Code, "the clock of %s agrees with this machine's", c.Of))
		}
	}
	if f.Machine.ClockFree {
		out = append(out, warning("clock-free", "nothing says that this machine's clock is kept in step with others",
			"sudo timedatectl set-ntp true, unless whoever runs this machine sees to its clock"))
	}
	return out
}

func judgeMachine(f Facts) []Finding {
	m := f.Machine
	var out []Finding
	if m.Memory > 0 {
		text := fmt.Sprintf("%s of %s of memory are free", size(uint64(m.Available)), size(uint64(m.Memory)))
		mend := "see what takes it: ps -eo rss,pid,comm --sort=-rss | head"
		switch {
		case m.Available < leastMemory:
			out = append(out, fault("memory", "only "+text, mend))
		case m.Available < fewMemory:
			out = append(out, warning("memory", "only "+text, mend))
		default:
			out = append(out, fine("memory", "%s", text))
		}
	}
	if m.Files > 0 {
		text := fmt.Sprintf("a process may have %d files and connections open", m.Files)
		mend := "raise it: ulimit -Hn 65536 as root, LimitNOFILE=65536 in a unit of systemd"
		switch {
		case m.Files < leastFiles:
			out = append(out, fault("open-files", text+", which is too few for Clocker with its Postgres", mend))
		case m.Files < fewFiles:
			out = append(out, warning("open-files", text, mend))
		default:
			out = append(out, fine("open-files", "%s", text))
		}
	}
	if m.Forwarding == "0" {
		out = append(out, fault("forwarding", "this machine forwards no packets between networks: containers reach nothing outside of theirs",
			"sudo sysctl -w net.ipv4.ip_forward=1, and in /etc/sysctl.d/ so that it stays"))
	} else if m.Forwarding != "" {
		out = append(out, fine("forwarding", "this machine forwards packets between networks"))
	}
	return out
}

func judgeNames(f Facts) []Finding {
	n := f.Names
	switch {
	case !n.Asked:
		return nil
	case len(n.Servers) == 0:
		return []Finding{warning("resolver", "/etc/resolv.conf names no server: containers find each other, and no name of the outside",
			"add a line: nameserver ADDRESS")}
	case len(n.Dead) == len(n.Servers):
		return []Finding{warning("resolver", fmt.Sprintf("no name server of /etc/resolv.conf answers (%s): containers find each other, and no name of the outside",
			list(n.Dead)), "see whether it can be reached: a firewall, a VPN that ended; else name another in /etc/resolv.conf")}
	case len(n.Dead) > 0:
		return []Finding{warning("resolver", fmt.Sprintf("of the name servers in /etc/resolv.conf, %s give no answer: names of the outside are slow",
			list(n.Dead)), "take them out of /etc/resolv.conf")}
	}
	return []Finding{fine("resolver", "the name servers of this machine answer (%s)", list(n.Servers))}
}
