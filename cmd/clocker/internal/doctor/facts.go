package doctor

import (
	"io/fs"
	"net/netip"
	"time"
)

// Facts are all that was seen. What could not be looked at is the zero value, and is then not judged.
type Facts struct {
	Now      time.Time // by this machine's clock
	Account  string    // who looks
	Here     bool      // the API is on this machine, which was looked at, too
	Silent   []Silence
	Engine   Engine
	Data     Data
	Lock     Lock
	Database Database
	Ports    []Port
	Disks    []Disk
	Clocks   []Clock
	Machine  Machine
	Names    Names
	Pool     netip.Prefix // where networks of applications are carved from
	Routes   []netip.Prefix
	Others   []Installation
	API      API

	Certificates []Certificate
}

// Silence is a look that was given up.
type Silence struct {
	What  string
	After time.Duration
}

// Trouble is why something does not answer; empty when it does.
type Trouble string

// The troubles of Engine, database and API.
const (
	Absent    Trouble = "absent"    // there is no such socket or address
	Denied    Trouble = "denied"    // we may not
	Silent    Trouble = "silent"    // it takes the question and does not answer
	Refused   Trouble = "refused"   // nobody listens
	Foreign   Trouble = "foreign"   // something else answers
	Untrusted Trouble = "untrusted" // by a certificate that we cannot trust
	Unasked   Trouble = "unasked"   // what it takes to ask is not there: a token that we may not read
	Other     Trouble = "other"
)

// Process is a program that runs. PID 0 is one that we may not see.
type Process struct {
	PID  int
	Name string
}

// Engine is what the Docker Engine says of itself. Host is empty when it was not asked.
type Engine struct {
	Host    string // as in DOCKER_HOST
	Trouble Trouble
	Reason  string

	Version, API, OS      string
	Storage               string // driver
	Cgroup, CgroupVersion string
	MemoryLimit           bool // it can bound a container's memory
	Forwarding            bool // it found that packets are forwarded
	PostgresImage         string
}

// Data is the data directory.
type Data struct {
	Dir          string
	There        bool
	Reason       string // why it cannot be read
	Owner        string
	Foreign      bool // it belongs to another account
	Mode         fs.FileMode
	Writable     bool
	Installation string
	Closed       string // why the account of Postgres cannot get there
	Secrets      []Secret
	Newest       File // the file that was changed last
}

// File is a file with the time of its last change.
type File struct {
	Path    string
	Changed time.Time
}

// Secret is a file that its owner alone should read.
type Secret struct {
	Path string
	Mode fs.FileMode
}

// Lock is the lock of the data directory: what is written in it, and who has it by what the kernel says.
type Lock struct {
	Held      bool
	PID       int // as written
	Started   time.Time
	URL       string
	Elsewhere bool // written in another pid namespace
	Holders   []Process
	Removed   []Process // those that hold a lock file of this directory that was removed since
}

// Database is the Postgres that `clocker up` would take, or has.
type Database struct {
	Given     string // CLOCKER_DATABASE_URL without its password
	Binaries  string // directory
	Version   string
	Major     int
	Missing   string // why there are no binaries
	Dir       string
	DataMajor int     // 0: no data yet
	Server    Process // that serves the data directory
	Halted    bool    // it was stopped by a signal
	Asked     bool
	Trouble   Trouble
	Reason    string
}

// Port is one that Clocker needs.
type Port struct {
	Code    string // of its finding
	Use     string // what listens there
	Address string
	Mend    string
	Takers  []Process // who listens there and is not of this installation
}

// Disk is a file system that Clocker writes to.
type Disk struct {
	Use, Path  string
	Free, Size uint64 // bytes
	Inodes     uint64 // free; file systems that make them as needed have no number of them
	AllInodes  uint64
}

// Clock is that of another: how far it is ahead of this machine's, give or take Within.
type Clock struct {
	Of     string
	Code   string
	Ahead  time.Duration
	Within time.Duration
}

// Machine is this machine. Numbers that are not known are 0.
type Machine struct {
	Memory, Available int64
	Files             uint64 // that a process may have open
	Forwarding        string // ip_forward as the kernel has it; empty where it cannot be read
	ClockFree         bool   // nothing keeps the clock in step
}

// Names is how this machine looks names up.
type Names struct {
	Asked   bool
	Servers []string
	Dead    []string // that gave no answer
}

// Installation is another one that has things in this Engine.
type Installation struct {
	ID         string
	Containers int
	Networks   []Network
	Volumes    int
	Runs       Process // its Clocker, if it is on this machine and we may see it
	Dir        string
}

// Network is a network in the Engine.
type Network struct {
	Name string
	CIDR netip.Prefix
}

// API is the one that the command line means.
type API struct {
	Base    string
	Named   bool // by the user, so that it should be there
	Trouble Trouble
	Reason  string
	Token   string // where it came from

	Version, Revision       string
	CLIVersion, CLIRevision string
	Installation            string
	Checks                  []Check
	Hosts                   []Host
	Letters                 []string
	Lag                     map[string]float64
	Behind, Outbox          float64
}

// Check is one of /readyz.
type Check struct {
	Name   string
	Ready  bool
	Reason string
}

// Host is a host of a cloud.
type Host struct{ Name, State, Reason, Engine string }

// Certificate is one that Clocker shows, or that signs those.
type Certificate struct {
	Where       string
	From, Until time.Time
	Ours        bool // of an authority of the installation
	Reason      string
}
