package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
)

// This file reads runserver's argument, in the forms that Django's runserver
// takes (django.core.management.commands.runserver, naiveip_re).

const (
	defaultHost = "127.0.0.1"
	defaultPort = "8000"
)

// address is where to listen. The host is a name, or an IP address without
// brackets.
type address struct{ host, port string }

var addressForm = regexp.MustCompile(
	`^(?:(?:(\d{1,3}(?:\.\d{1,3}){3}|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*)|\[([a-fA-F0-9:]+)\]):)?(\d{1,5})$`)

// parseAddress reads a port, or a host and a port. A host of 0 is every IPv4
// address of the machine, as for Django.
func parseAddress(text string) (address, error) {
	parts := addressForm.FindStringSubmatch(text)
	if parts == nil {
		return address{}, fmt.Errorf("%q is no port and no address:port, such as 8080, 127.0.0.1:8080 or [::1]:8000", text)
	}
	if n, err := strconv.ParseUint(parts[3], 10, 16); err != nil {
		return address{}, fmt.Errorf("%q: a port is a number from 0 to 65535", text)
	} else {
		parts[3] = strconv.FormatUint(n, 10)
	}
	host := parts[1] + parts[2]
	switch {
	case host == "":
		host = defaultHost
	case host == "0":
		host = "0.0.0.0"
	case parts[2] != "" || digitsAndDots.MatchString(host):
		if _, err := netip.ParseAddr(host); err != nil {
			return address{}, fmt.Errorf("%q: %s is no IP address", text, host)
		}
	}
	return address{host, parts[3]}, nil
}

var digitsAndDots = regexp.MustCompile(`^[\d.]+$`)

// resolve answers the address to listen on: of a name's the first loopback one,
// and an IPv4 one before others. loopback tells whether only this machine can
// reach it.
func (a address) resolve(ctx context.Context) (at netip.AddrPort, loopback bool, err error) {
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", a.host)
	if err != nil || len(found) == 0 {
		return netip.AddrPort{}, false, fmt.Errorf("the address %s cannot be found; name one of this machine's: %w", a.host, err)
	}
	best := found[0].Unmap()
	for _, ip := range found[1:] {
		if ip = ip.Unmap(); rank(ip) > rank(best) {
			best = ip
		}
	}
	port, err := strconv.ParseUint(a.port, 10, 16)
	return netip.AddrPortFrom(best, uint16(port)), best.IsLoopback(), err
}

func rank(ip netip.Addr) int {
	n := 0
	if ip.IsLoopback() {
		n += 2
	}
	if ip.Is4() {
		n++
	}
	return n
}

// url is the address of the site that listens on port.
func (a address) url(port int) string {
	return "http://" + net.JoinHostPort(a.host, strconv.Itoa(port)) + "/"
}
