package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"clocker.io/cmd/clocker/internal/doctor"
)

// littleEndian is how this machine writes numbers; /proc/net shows addresses as such.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// disk is the file system of the data directory, or of where it will be.
func (s Settings) disk() func(*doctor.Facts) {
	path, err := filepath.Abs(s.Dir)
	for err == nil && path != "/" {
		if _, statErr := os.Stat(path); !errors.Is(statErr, os.ErrNotExist) {
			break
		}
		path = filepath.Dir(path)
	}
	d, ok := diskOf("the data of Clocker", path)
	return func(f *doctor.Facts) {
		if ok {
			f.Disks = append(f.Disks, d)
		}
		f.Pool, f.Routes = s.pool(), routes()
	}
}

func diskOf(use, path string) (doctor.Disk, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return doctor.Disk{}, false
	}
	block := uint64(st.Bsize)
	return doctor.Disk{Use: use, Path: path, Free: st.Bavail * block, Size: st.Blocks * block, Inodes: st.Ffree, AllInodes: st.Files}, true
}

func machine() func(*doctor.Facts) {
	var m doctor.Machine
	text, _ := os.ReadFile("/proc/meminfo") // what cannot be read is not judged
	m.Memory, m.Available = kilobytes(string(text), "MemTotal:"), kilobytes(string(text), "MemAvailable:")
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		m.Files = limit.Max
	}
	forwarding, _ := os.ReadFile("/proc/sys/net/ipv4/ip_forward")
	m.Forwarding = strings.TrimSpace(string(forwarding))
	var clock syscall.Timex // with no mode set it is only read
	if state, err := syscall.Adjtimex(&clock); err == nil {
		m.ClockFree = state == timeError || clock.Status&unsynchronised != 0
	}
	return func(f *doctor.Facts) { f.Machine = m }
}

// What adjtimex says of a clock that nothing keeps in step.
const (
	timeError      = 5
	unsynchronised = 0x40
)

func kilobytes(meminfo, name string) int64 {
	_, after, _ := strings.Cut(meminfo, name)
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64) // 0 is what is not known
	return n << 10
}

// routes are the IPv4 networks that this machine routes, without those through bridges of Clocker.
func routes() []netip.Prefix {
	text, _ := os.ReadFile("/proc/net/route") // what cannot be read is not judged
	var out []netip.Prefix
	for _, line := range strings.Split(string(text), "\n") {
		// Iface Destination Gateway Flags RefCnt Use Metric Mask
		fields := strings.Fields(line)
		if len(fields) < 8 || strings.HasPrefix(fields[0], "clk") {
			continue
		}
		to, okTo := parseWords(fields[1])
		mask, okMask := parseWords(fields[7])
		if okTo && okMask {
			m := mask.As4()
			out = append(out, netip.PrefixFrom(to, bits.OnesCount32(binary.BigEndian.Uint32(m[:]))))
		}
	}
	return out
}

// names asks each name server of this machine a question that it can answer with anything.
func names(ctx context.Context) func(*doctor.Facts) {
	n := doctor.Names{Asked: true}
	text, _ := os.ReadFile("/etc/resolv.conf") // none is one without servers
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			n.Servers = append(n.Servers, fields[1])
		}
	}
	dead := make([]bool, len(n.Servers))
	done := make(chan struct{})
	for i, server := range n.Servers {
		go func() { dead[i] = !answersNames(ctx, server); done <- struct{}{} }()
	}
	for range n.Servers {
		<-done
	}
	for i, server := range n.Servers {
		if dead[i] {
			n.Dead = append(n.Dead, server)
		}
	}
	return func(f *doctor.Facts) { f.Names = n }
}

func answersNames(ctx context.Context, server string) bool {
	ctx, cancel := context.WithTimeout(ctx, call)
	defer cancel()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(server, "53"))
	}}
	_, err := r.LookupNS(ctx, ".")
	var refused *net.DNSError
	var op *net.OpError
	return err == nil || (errors.As(err, &refused) && !refused.IsTimeout && !errors.As(err, &op) && ctx.Err() == nil)
}
