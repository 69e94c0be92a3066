package bridge

import (
	"bytes"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// SetMAC gives a link its hardware address unless it has it already.
func SetMAC(link, mac string) error {
	want, err := net.ParseMAC(mac)
	if err != nil {
		return fmt.Errorf("bridge %s: %w", link, err)
	}
	l, err := netlink.LinkByName(link)
	if err != nil {
		return fmt.Errorf("look at bridge %s: %w", link, err)
	}
	if bytes.Equal(l.Attrs().HardwareAddr, want) {
		return nil
	}
	if err := netlink.LinkSetHardwareAddr(l, want); err != nil {
		return fmt.Errorf("set the MAC of bridge %s: %w", link, err)
	}
	return nil
}
