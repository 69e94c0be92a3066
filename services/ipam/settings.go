package ipam

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"clocker.io/services/ipam/internal/pool"
	"clocker.io/services/ipam/internal/store"
)

// networkBits is the size of an application's network: a /22 has a thousand addresses.
const networkBits = 22

// options reads the settings:
//
//	CLOCKER_POOL          where networks are carved from, 10.200.0.0/13
//	CLOCKER_POOL_EXCLUDE  networks, separated by commas, that no application may have
//	CLOCKER_MTU           of networks, bytes, 1450: what is left of 1500 when hosts are joined
//	CLOCKER_COOL_DOWN     before a freed address is given out again, 5m
//	CLOCKER_FIRST_VNI     number of the first network; bridges and VXLANs of two installations on one machine need
//	                      numbers apart, so it follows from the installation's id unless it is set
func options(env func(key, fallback string) string, installation string) (store.Options, error) {
	o := store.Options{Pool: pool.Settings{Bits: networkBits}}
	var err error
	if o.Pool.Pool, err = prefix("CLOCKER_POOL", env("CLOCKER_POOL", "10.200.0.0/13")); err != nil {
		return o, err
	}
	if o.Pool.Pool.Bits() > networkBits {
		return o, fmt.Errorf("CLOCKER_POOL %s holds no /%d network", o.Pool.Pool, networkBits)
	}
	for _, text := range strings.FieldsFunc(env("CLOCKER_POOL_EXCLUDE", ""), func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := prefix("CLOCKER_POOL_EXCLUDE", text)
		if err != nil {
			return o, err
		}
		o.Pool.Exclude = append(o.Pool.Exclude, p)
	}
	text := env("CLOCKER_MTU", "1450")
	if o.MTU, err = strconv.Atoi(text); err != nil || o.MTU < 576 || o.MTU > 65535 {
		return o, fmt.Errorf("CLOCKER_MTU %q is no number of bytes from 576 to 65535", text)
	}
	text = env("CLOCKER_FIRST_VNI", strconv.Itoa(firstVNI(installation)))
	if o.FirstVNI, err = strconv.Atoi(text); err != nil || o.FirstVNI < 1 || o.FirstVNI >= store.LastVNI {
		return o, fmt.Errorf("CLOCKER_FIRST_VNI %q is no number from 1 to %d", text, store.LastVNI-1)
	}
	text = env("CLOCKER_COOL_DOWN", "5m")
	if o.CoolDown, err = time.ParseDuration(text); err != nil || o.CoolDown < 0 {
		return o, fmt.Errorf("CLOCKER_COOL_DOWN %q is no time such as 5m", text)
	}
	return o, nil
}

func prefix(key, text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() || p != p.Masked() {
		return p, fmt.Errorf("%s: %q is no IPv4 network such as 10.200.0.0/13", key, text)
	}
	return p, nil
}

// firstVNI spreads installations over the numbers that VXLAN has, leaving each room to grow.
func firstVNI(installation string) int {
	return store.FirstVNI + int(crc32.ChecksumIEEE([]byte(installation))%(store.LastVNI>>8))<<8
}
