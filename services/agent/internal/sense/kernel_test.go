package sense_test

import (
	"testing"

	"clocker.io/pkg/sensors"
)

func TestAContainerIsMeasuredByControlGroupsOfTheSecondVersion(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.processes["aaa"] = 41
	m.write("proc/41/cgroup", "0::/docker/aaa\n")
	m.write("proc/41/net/dev", "eth0: 100 0 0 0 0 0 0 0 5 0\n")
	counted := func(cpu string) {
		m.write("cgroup/docker/aaa/cpu.stat", "usage_usec "+cpu+"\nuser_usec 1\n")
		m.write("cgroup/docker/aaa/memory.current", "8192\n")
		m.write("cgroup/docker/aaa/memory.stat", "anon 1\ninactive_file 4096\n")
		m.write("cgroup/docker/aaa/memory.max", "16384\n")
		m.write("cgroup/docker/aaa/pids.current", "3\n")
	}
	m.assign("aaa")
	counted("1000000")
	m.round()
	counted("1500000")
	got := m.round()[0]
	if got[sensors.CPU] != 0.5 || got[sensors.Memory] != 4096 || got[sensors.MemoryLimit] != 16384 || got[sensors.Processes] != 3 || len(m.asked) > 0 {
		t.Errorf("it says %v, and asked the Engine for %v", got, m.asked)
	}
}

func TestAMachineSaysWhatItSendsThroughTheInterfacesThatLeadOut(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.write("proc/loadavg", "0.75 0.50 0.25 1/100 4242\n")
	m.write("proc/uptime", "3600.25 7000.00\n")
	m.write("proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"+
		"eth0 00000000 0100A8C0 0003 0 0 0 00000000 0 0 0\ndocker0 000011AC 00000000 0001 0 0 0 0000FFFF 0 0 0\n")
	m.write("proc/net/dev", "eth0: 100 0 0 0 0 0 0 0 10 0\ndocker0: 7 0 0 0 0 0 0 0 7 0\n")
	m.round()
	first := m.said[0].Machine
	for _, rate := range []string{sensors.MachineCPU, sensors.MachineReceivedRate, sensors.MachineSentRate} {
		if v, ok := first[rate]; ok {
			t.Errorf("after one look it says %s %v", rate, v)
		}
	}
	m.write("proc/net/dev", "eth0: 400 0 0 0 0 0 0 0 60 0\ndocker0: 9 0 0 0 0 0 0 0 9 0\n")
	m.round()
	got := m.said[0].Machine
	for name, want := range map[string]float64{sensors.MachineLoad: 0.75, sensors.MachineUptime: 3600.25, sensors.MachineReceived: 400,
		sensors.MachineReceivedRate: 300, sensors.MachineSent: 60, sensors.MachineSentRate: 50} {
		if float64(got[name]) != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if got[sensors.MachineData] <= 0 || got[sensors.MachineDataUsed] <= 0 || got[sensors.MachineDataUsed] >= got[sensors.MachineData] {
		t.Errorf("of %v bytes for data %v are used", got[sensors.MachineData], got[sensors.MachineDataUsed])
	}
}
