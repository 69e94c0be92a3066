package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who the server runs as. Postgres refuses root, and an uid without a name.
type account struct {
	Name     string
	UID, GID int
	Switch   bool // we are root and become this account
}

// accountFor chooses who runs the server of a data directory: ourselves, or when we are root its present owner, else
// postgres, else nobody. The owner comes first so that installing a postgres account later changes nothing.
func accountFor(dir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{Name: "self", UID: os.Geteuid(), GID: os.Getegid()}, nil
	}
	if uid, _, ok := owner(dir); ok && uid != 0 {
		u, err := user.LookupId(strconv.Itoa(uid))
		if err != nil {
			return account{}, fmt.Errorf("%s belongs to uid %d, which has no name on this system; Postgres needs one: %w",
				dir, uid, err)
		}
		return newAccount(u)
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return newAccount(u)
		}
	}
	return account{}, errors.New("postgres refuses to run as root, and there is no account postgres or nobody; " +
		"add one: useradd --system postgres")
}

func newAccount(u *user.User) (account, error) {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, fmt.Errorf("uid of %s: %w", u.Username, err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return account{}, fmt.Errorf("gid of %s: %w", u.Username, err)
	}
	return account{Name: u.Username, UID: uid, GID: gid, Switch: true}, nil
}

func owner(path string) (uid, gid int, ok bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}

// attributes are how a child process of this account is started; it gets sig when we die.
func (a account) attributes(sig syscall.Signal) *syscall.SysProcAttr {
	// Its own process group: Ctrl-C in a terminal must reach us, and we stop the server in our own order.
	attr := &syscall.SysProcAttr{Setpgid: true}
	endWithParent(attr, sig)
	if a.Switch {
		attr.Credential = &syscall.Credential{Uid: uint32(a.UID), Gid: uint32(a.GID), Groups: []uint32{}}
	}
	return attr
}

// own gives a tree to the account when we are root and it is not theirs yet.
func (a account) own(dir string) error {
	if uid, _, ok := owner(dir); !a.Switch || (ok && uid == a.UID) {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.UID, a.GID)
	})
}

// reach checks that the account may pass through every directory above path. Only root that becomes another account
// can find one closed that it made itself.
func (a account) reach(path string) error {
	if !a.Switch {
		return nil
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("look at %s: %w", dir, err)
		}
		if !a.passes(info) {
			return fmt.Errorf("account %s, which runs Postgres, may not enter %s (mode %04o); mend it with: chmod o+x %s",
				a.Name, dir, info.Mode().Perm(), dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func (a account) passes(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode().Perm(); {
	case !ok:
		return true
	case int(st.Uid) == a.UID:
		return mode&0o100 != 0
	case int(st.Gid) == a.GID:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// Account is the uid that a server on a data directory runs as.
func Account(dir string) (int, error) {
	a, err := accountFor(dir)
	return a.UID, err
}
