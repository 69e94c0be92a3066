package doctor

import (
	"fmt"
	"io/fs"
	"time"
)

const (
	othersWrite = fs.FileMode(0o022)
	othersAny   = fs.FileMode(0o077)
)

// judgeData is about the data directory as a place.
func judgeData(f Facts) []Finding {
	d := f.Data
	switch {
	case !f.Here:
		return []Finding{fine("machine", "the API is on another machine; this one was not looked at")}
	case d.Reason != "":
		return []Finding{fault("data-closed", fmt.Sprintf("the data directory %s cannot be read: %s", d.Dir, d.Reason),
			"run this as the account that runs Clocker", "or choose another directory: CLOCKER_DATA=DIR clocker up")}
	case d.Closed != "":
		return []Finding{fault("data-unreachable", "Postgres, which does not run as root, cannot get to its data: "+d.Closed,
			"choose another directory: CLOCKER_DATA=DIR clocker up")}
	case !d.There:
		return []Finding{fine("data", "there is no data directory %s yet; clocker up makes it", d.Dir)}
	}
	out := []Finding{fine("data", "data directory %s of installation %s", d.Dir, d.Installation)}
	if d.Foreign {
		out = append(out, fault("data-owner", fmt.Sprintf("the data directory %s belongs to %s, and this is %s", d.Dir, d.Owner, f.Account),
			"run Clocker as "+d.Owner, fmt.Sprintf("or give it away: sudo chown -R %s %s (but for the directory postgres when %s is root)",
				f.Account, d.Dir, f.Account)))
	}
	if !d.Writable {
		out = append(out, fault("data-readonly", fmt.Sprintf("nothing can be written to the data directory %s (mode %04o, owner %s)", d.Dir, d.Mode.Perm(), d.Owner),
			"if its file system is mounted read-only: mount -o remount,rw, and dmesg says why", "else: chmod u+rwx "+d.Dir))
	}
	if d.Mode&othersWrite != 0 {
		out = append(out, fault("data-open", fmt.Sprintf("other accounts can write to the data directory %s (mode %04o): they could put files of their own in the place of its secrets",
			d.Dir, d.Mode.Perm()), "chmod go-w "+d.Dir))
	}
	return out
}

func judgeSecrets(f Facts) []Finding {
	var out []Finding
	for _, s := range f.Data.Secrets {
		if s.Mode&othersAny != 0 {
			out = append(out, fault("secret-open", fmt.Sprintf("%s holds a secret and is open to other accounts (mode %04o)", s.Path, s.Mode.Perm()),
				"chmod 600 "+s.Path, "whoever has read it still has it"))
		}
	}
	if len(out) == 0 && len(f.Data.Secrets) > 0 {
		out = append(out, fine("secrets", "%d files with secrets are closed to other accounts", len(f.Data.Secrets)))
	}
	return out
}

// judgeLock is about who runs Clocker on the data directory.
func judgeLock(f Facts) []Finding {
	l, d := f.Lock, f.Data
	var out []Finding
	for _, p := range l.Removed {
		out = append(out, fault("lock-removed", fmt.Sprintf("%s runs on %s, but its lock file was removed: a second Clocker could start on the same data, or has",
			p, d.Dir), fmt.Sprintf("end it with: kill %d, then start Clocker once", p.PID), "never remove up.lock: the kernel frees it with its process"))
	}
	switch {
	case !d.There:
	case !l.Held && l.PID == 0:
		out = append(out, fine("lock", "no Clocker has run on this data directory"))
	case !l.Held:
		out = append(out, fine("lock", "no Clocker runs on this data directory; the last one was process %d", l.PID))
	case l.Elsewhere:
		out = append(out, warning("lock-elsewhere", fmt.Sprintf("Clocker runs on %s in another container, as process %d there", d.Dir, l.PID),
			"run clocker doctor in that container, too"))
	case l.named():
		out = append(out, fine("lock", "Clocker runs as process %d since %s", l.PID, l.Started.Format(time.DateTime)))
	default:
		out = append(out, lockStale(l, d))
	}
	return out
}

// named says that who holds the lock is who is written in it, as far as we can see.
func (l Lock) named() bool {
	for _, p := range l.Holders {
		if p.PID == l.PID {
			return true
		}
	}
	return len(l.Holders) == 0
}

func lockStale(l Lock, d Data) Finding {
	mend := []string{"look at what it is: ps -fp %d", "end it with: kill %d, then: clocker up"}
	for i := range mend {
		mend[i] = fmt.Sprintf(mend[i], l.Holders[0].PID)
	}
	return fault("lock-stale", fmt.Sprintf("the lock of %s names process %d, which is not there, and is held by %s: no Clocker can start",
		d.Dir, l.PID, l.Holders[0]), mend...)
}

// String is a process in words.
func (p Process) String() string {
	switch {
	case p.PID == 0:
		return "a process of another account"
	case p.Name == "":
		return fmt.Sprintf("process %d", p.PID)
	default:
		return fmt.Sprintf("%s (process %d)", p.Name, p.PID)
	}
}
