// gVisor's netstack as a server of streams on a TUN device, for comparison: what comes to port 5001 is thrown away, port 5002
// sends without end.
//
//	gvisor DEVICE OURS      the device exists and is up; OURS is an IPv4 address
//
// Prints "ready"; ends with its standard input. Debian: golang-go, golang-gvisor-gvisor-dev; built by bench/paths.
package main

import (
	"fmt"
	"io"
	"net"
	"os"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/link/tun"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

func stop(words ...interface{}) {
	fmt.Fprintln(os.Stderr, append([]interface{}{"gvisor:"}, words...)...)
	os.Exit(1)
}

func makeStack(device, address string) *stack.Stack {
	descriptor, err := tun.Open(device)
	if err != nil {
		stop("open", device, err)
	}
	link, err := fdbased.New(&fdbased.Options{FDs: []int{descriptor}, MTU: 1500})
	if err != nil {
		stop("link", err)
	}
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
	})
	// What its users switch on: SACK, CUBIC, buffers that grow to 4 MiB.
	sack := tcpip.TCPSACKEnabled(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	cubic := tcpip.CongestionControlOption("cubic")
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &cubic)
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: 4 << 20}
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &receive)
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: 4 << 20}
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &send)
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate)
	if err := s.CreateNIC(1, link); err != nil {
		stop("interface", err)
	}
	ours := tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: tcpip.Address(net.ParseIP(address).To4()), PrefixLen: 24},
	}
	if err := s.AddProtocolAddress(1, ours, stack.AddressProperties{}); err != nil {
		stop("address", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	return s
}

func serve(s *stack.Stack, address string, port uint16, converse func(net.Conn)) {
	at := tcpip.FullAddress{NIC: 1, Addr: tcpip.Address(net.ParseIP(address).To4()), Port: port}
	listener, err := gonet.ListenTCP(s, at, ipv4.ProtocolNumber)
	if err != nil {
		stop("listen", err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				converse(connection)
			}()
		}
	}()
}

func main() {
	if len(os.Args) != 3 {
		stop("expected DEVICE OURS")
	}
	s := makeStack(os.Args[1], os.Args[2])
	serve(s, os.Args[2], 5001, func(c net.Conn) { io.Copy(io.Discard, c) })
	serve(s, os.Args[2], 5002, func(c net.Conn) {
		octets := make([]byte, 1<<16)
		for {
			if _, err := c.Write(octets); err != nil {
				return
			}
		}
	})
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
