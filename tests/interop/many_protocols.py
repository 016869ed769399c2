"""many_protocols.py FILE: writes a pcapng file that holds one of everything the field names speak of: tags, tunnels, extension headers,
fragments, errors that quote, options. Always the same octets."""
import socket
import struct
import sys

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A4, B4, C4 = "10.9.0.1", "10.9.0.2", "10.9.0.254"
A6, B6, C6 = "fd00::1", "fd00::2", "fd00::fe"


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ether(kind, payload, source=MAC_A, destination=MAC_B):
    return destination + source + struct.pack("!H", kind) + payload


def vlan(tag, kind, payload):
    return struct.pack("!HH", tag, kind) + payload


def ip4(protocol, payload, source=A4, destination=B4, ident=7, flags=0x4000, ttl=64, tos=0, options=b"", length=None):
    header = 20 + len(options)
    octets = struct.pack("!BBHHHBBH", 0x40 | header // 4, tos, length or header + len(payload), ident, flags, ttl, protocol, 0)
    octets += socket.inet_aton(source) + socket.inet_aton(destination) + options
    return octets[:10] + struct.pack("!H", checksum(octets)) + octets[12:] + payload


def ip6(following, payload, source=A6, destination=B6, hops=64, traffic=0, label=0x12345):
    octets = struct.pack("!IHBB", 6 << 28 | traffic << 20 | label, len(payload), following, hops)
    return octets + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination) + payload


def pseudo(protocol, length, six, source, destination):
    if six:
        return (socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination) +
                struct.pack("!II", length, protocol))
    return socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!BBH", 0, protocol, length)


def tcp(seq, ack, flags, text=b"", options=b"", ports=(40000, 9999), window=1000, urgent=0, six=False, ends=None):
    source, destination = ends or ((A6, B6) if six else (A4, B4))
    header = 20 + len(options)
    octets = struct.pack("!HHIIHHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, header // 4 << 12 | flags, window, 0, urgent) + options + text
    value = checksum(pseudo(6, len(octets), six, source, destination) + octets)
    return octets[:16] + struct.pack("!H", value) + octets[18:]


def udp(text, ports=(5000, 6001), ends=(A4, B4), six=False):
    octets = struct.pack("!HHHH", *ports, 8 + len(text), 0) + text
    value = checksum(pseudo(17, len(octets), six, *ends) + octets)
    return octets[:6] + struct.pack("!H", value) + octets[8:]


def icmp(kind, code, rest, payload):
    octets = struct.pack("!BBH", kind, code, 0) + rest + payload
    return octets[:2] + struct.pack("!H", checksum(octets)) + octets[4:]


def icmp6(kind, code, rest, payload, source=C6, destination=A6):
    octets = struct.pack("!BBH", kind, code, 0) + rest + payload
    value = checksum(pseudo(58, len(octets), True, source, destination) + octets)
    return octets[:2] + struct.pack("!H", value) + octets[4:]


def arp(operation, source, destination):
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + MAC_A + socket.inet_aton(source) + bytes(6) + socket.inet_aton(destination)


SYN, ACK, PSH, FIN, RST, URG, ECE, CWR, AE = 2, 16, 8, 1, 4, 32, 64, 128, 256
MSS, PERMITTED, SHIFT7 = b"\2\4\5\xb4", b"\4\2", b"\1\3\3\7"


def stamps(value, echo):
    return b"\1\1\x08\x0a" + struct.pack("!II", value, echo)


def back(seq, ack, flags, text=b"", options=b"", ports=(9999, 40000), window=500, **more):
    return ip4(6, tcp(seq, ack, flags, text, options, ports, window, ends=(B4, A4), **more), B4, A4)


def forth(seq, ack, flags, text=b"", options=b"", **more):
    return ip4(6, tcp(seq, ack, flags, text, options, **more))


def conversation():
    """A connection with options of many kinds, on a port that no dissector of Wireshark's claims."""
    first, other = 1000, 0xFFFFFF00
    yield ether(0x0800, forth(first, 0, SYN | ECE | CWR, options=MSS + PERMITTED + stamps(1, 0)[2:] + SHIFT7 + b"\x22\x02\1\1"))
    yield ether(0x0800, back(other, first + 1, SYN | ACK | ECE, options=MSS + PERMITTED + stamps(9, 1)[2:] + SHIFT7, window=5000), MAC_B, MAC_A)
    yield ether(0x0800, forth(first + 1, other + 1, ACK, options=stamps(2, 9)))
    yield ether(0x0800, forth(first + 1, other + 1, PSH | ACK, b"hello, world\n", options=stamps(2, 9)))
    yield ether(0x0800, forth(first + 40, other + 1, PSH | ACK, b"GET /later", options=stamps(3, 9)))
    sack = b"\1\1\5\x0a" + struct.pack("!II", first + 40, first + 50)
    yield ether(0x0800, back(other + 1, first + 14, ACK, options=stamps(10, 2) + sack), MAC_B, MAC_A)
    yield ether(0x0800, forth(first + 14, other + 1, ACK | CWR, b"x" * 26, options=stamps(3, 10)))
    dsack = b"\1\1\5\x12" + struct.pack("!IIII", first + 14, first + 20, first + 60, first + 70)
    yield ether(0x0800, back(other + 1, first + 50, ACK | ECE, options=dsack), MAC_B, MAC_A)
    yield ether(0x0800, back(other + 1, first + 50, PSH | ACK, bytes(range(256)), window=0), MAC_B, MAC_A)
    yield ether(0x0800, forth(first + 50, other + 257, ACK | URG, b"!", urgent=1))
    yield ether(0x0800, back(other + 257, first + 51, FIN | ACK), MAC_B, MAC_A)
    yield ether(0x0800, forth(first + 51, other + 258, RST | ACK, window=0))


def others():
    yield ether(0x0806, arp(1, A4, B4), destination=b"\xff" * 6) + bytes(18)
    yield ether(0x0806, arp(2, B4, A4), MAC_B, MAC_A) + bytes(18)
    yield ether(0x0800, ip4(1, icmp(8, 0, struct.pack("!HH", 77, 3), b"p" * 56), tos=0x2E << 2))
    yield ether(0x0800, ip4(1, icmp(0, 0, struct.pack("!HH", 77, 3), b"p" * 56), B4, A4), MAC_B, MAC_A)
    lost = forth(7000, 0, SYN, ports=(40001, 81))
    yield ether(0x0800, ip4(1, icmp(3, 1, bytes(4), lost[:28]), C4, A4, ttl=255), MAC_B, MAC_A)
    big = forth(1051, 1, ACK, b"z" * 40)
    yield ether(0x0800, ip4(1, icmp(3, 4, struct.pack("!HH", 0, 1400), big), C4, A4), MAC_B, MAC_A)
    yield ether(0x0800, ip4(1, icmp(11, 0, bytes(4), ip4(17, udp(b"abc"), ttl=1)), C4, A4), MAC_B, MAC_A)
    yield ether(0x0800, ip4(17, udp(b"some text")))
    yield ether(0x0800, ip4(17, udp(b"an answer", (6001, 5000), (B4, A4)), B4, A4), MAC_B, MAC_A)
    yield ether(0x8100, vlan(0x6064, 0x0800, forth(5, 0, SYN, ports=(41000, 9998))))
    yield ether(0x88A8, vlan(0x000A, 0x8100, vlan(0x0014, 0x0800, forth(5, 0, SYN, ports=(41001, 9998)))))
    yield ether(0x86DD, ip6(6, tcp(50, 0, SYN, b"", MSS, (42000, 9997), six=True), traffic=0xB9))
    yield ether(0x86DD, ip6(6, tcp(90, 51, SYN | ACK, b"", MSS, (9997, 42000), six=True, ends=(B6, A6)), B6, A6), MAC_B, MAC_A)
    yield ether(0x86DD, ip6(0, b"\x06\0\1\4\0\0\0\0" + tcp(51, 91, ACK, b"six", b"", (42000, 9997), six=True)))
    yield ether(0x86DD, ip6(60, b"\x06\0\1\4\0\0\0\0" + tcp(54, 91, ACK, b"seven", b"", (42000, 9997), six=True)))
    yield ether(0x86DD, ip6(58, icmp6(128, 0, struct.pack("!HH", 5, 6), b"q" * 8, A6, B6)))
    yield ether(0x86DD, ip6(58, icmp6(2, 0, struct.pack("!I", 1280), ip6(6, tcp(59, 91, ACK, b"s" * 60, b"", (42000, 9997), six=True))), C6, A6), MAC_B, MAC_A)
    yield ether(0x86DD, ip6(58, icmp6(1, 4, bytes(4), ip6(17, udp(b"v6", (53000, 33434), (A6, B6), True))), C6, A6), MAC_B, MAC_A)
    yield ether(0x86DD, ip6(58, icmp6(135, 0, bytes(4), socket.inet_pton(socket.AF_INET6, B6) + b"\1\1" + MAC_A, A6, B6), hops=255))
    yield ether(0x0800, ip4(47, struct.pack("!HH", 0, 0x0800) + forth(5, 0, SYN, ports=(43000, 9996)), A4, C4))
    yield ether(0x0800, ip4(4, ip4(6, tcp(5, 0, SYN, b"", b"", (43001, 9996), ends=("10.1.1.1", "10.2.2.2")), "10.1.1.1", "10.2.2.2", ttl=9), A4, C4))
    yield ether(0x0800, ip4(41, ip6(6, tcp(5, 0, SYN, b"", b"", (43002, 9996), six=True)), A4, C4))
    whole = udp(b"f" * 100, (5000, 6002))
    yield ether(0x0800, ip4(17, whole[:48], ident=99, flags=0x2000))
    yield ether(0x0800, ip4(17, whole[48:], ident=99, flags=6))
    yield ether(0x0800, ip4(6, tcp(5, 0, SYN, b"", b"\x13\x12" + bytes(range(16)) + b"\1\1", (44000, 9995)), options=b"\x94\4\0\0"))
    yield ether(0x0800, ip4(6, tcp(5, 0, SYN, b"", b"\x22\x0a\1\2\3\4\5\6\7\x08\1\1\x1c\4\x80\x05", (44001, 9995))))
    yield ether(0x0800, ip4(6, tcp(5, 0, SYN, b"", b"\x1e\x0c\0\x81" + b"\1\2\3\4\5\6\7\x08", (44002, 9995))))
    yield ether(0x0800, ip4(6, tcp(5, 0, AE | SYN, b"", b"\x1d\4\1\2\xfe\4\xf9\x89", (44003, 9995))))
    yield ether(0x0800, ip4(132, b"\0\1\0\2" + bytes(8)))
    yield ether(0x1234, b"neither this nor that, so data" * 2)
    yield ether(0x0800, forth(1051, 1, ACK, b"\x01t" * 50))[:60]  # the capture kept 60 octets


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def write(path):
    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH4s", 2, 4, b"eth7") + struct.pack("<HHB3x", 9, 1, 9) + bytes(4)))
        frames = list(conversation()) + list(others())
        for number, octets in enumerate(frames):
            at = 1700000000 * 10**9 + number * 20123456 + (number % 3) * 1000
            length = 154 if number == len(frames) - 1 else len(octets)
            body = struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(octets), length) + octets + bytes(-len(octets) % 4)
            if number == 3:
                body += struct.pack("<HH", 1, 11) + b"a greeting.\0" + bytes(4)
            file.write(block(6, body))


if __name__ == "__main__":
    write(sys.argv[1])
