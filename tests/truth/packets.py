"""Frames and capture files, as little of them as the recorder and the judge need: Ethernet or raw IP, IPv4 or IPv6 without extension
headers, TCP and ICMP. Of its own, so that what judges the analyser shares no code with it."""

import socket
import struct
from dataclasses import dataclass, field

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
ETHERNET, RAW_IP = 1, 101
IPV4, IPV6 = 0x0800, 0x86DD
TCP, ICMP, ICMPV6 = 6, 1, 58


def internet_checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


@dataclass
class Segment:
    """A TCP segment and where its parts lie in the frame."""
    family: int
    source: str
    destination: str
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    length: int  # octets of text, from the IP header
    ttl: int
    ip_id: int
    ip: int  # offset of the IP header in the frame
    tcp: int  # offset of the TCP header
    text: int  # offset of the text
    traffic_class: int
    mss: int = 0
    shift: int = -1
    sack_permitted: bool = False
    stamps: tuple = ()
    sack: list = field(default_factory=list)

    @property
    def way(self):
        return (self.source, self.sport, self.destination, self.dport)

    @property
    def back(self):
        return (self.destination, self.dport, self.source, self.sport)

    @property
    def span(self):  # sequence numbers that it takes
        return self.length + bool(self.flags & SYN) + bool(self.flags & FIN)


def ip_at(frame, link):
    """Offset of the IP header, VLAN tags passed over; nothing where there is none."""
    if link == RAW_IP:
        return 0
    at = 12
    while at + 2 <= len(frame) and frame[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind = struct.unpack_from("!H", frame, at)[0] if at + 2 <= len(frame) else 0
    return at + 2 if kind in (IPV4, IPV6) else None


def options_of(segment, octets):
    at = 0
    while at < len(octets) and octets[at] != 0:
        if octets[at] == 1:
            at += 1
            continue
        if at + 1 >= len(octets) or octets[at + 1] < 2 or at + octets[at + 1] > len(octets):
            return
        kind, value = octets[at], octets[at + 2:at + octets[at + 1]]
        if kind == 2 and len(value) == 2:
            segment.mss = struct.unpack("!H", value)[0]
        elif kind == 3 and len(value) == 1:
            segment.shift = value[0]
        elif kind == 4:
            segment.sack_permitted = True
        elif kind == 8 and len(value) == 8:
            segment.stamps = struct.unpack("!II", value)
        elif kind == 5:
            segment.sack = [struct.unpack_from("!II", value, 8 * n) for n in range(len(value) // 8)]
        at += octets[at + 1]


def segment_of(frame, link):
    """The TCP segment in a frame, or nothing: other protocols, fragments, what is cut."""
    ip = ip_at(frame, link)
    if ip is None or len(frame) < ip + 20:
        return None
    if frame[ip] >> 4 == 4:
        length, ip_id, fragment = struct.unpack_from("!HHH", frame, ip + 2)
        if frame[ip + 9] != TCP or fragment & 0x3FFF:
            return None
        tcp, ttl, traffic = ip + 4 * (frame[ip] & 15), frame[ip + 8], frame[ip + 1]
        end = ip + (length or len(frame) - ip)
        source, destination = (socket.inet_ntop(socket.AF_INET, frame[ip + at:ip + at + 4]) for at in (12, 16))
        family = 4
    else:
        if len(frame) < ip + 40 or frame[ip + 6] != TCP:
            return None
        tcp, ttl, ip_id = ip + 40, frame[ip + 7], 0
        traffic = (struct.unpack_from("!H", frame, ip)[0] >> 4) & 0xFF
        end = tcp + (struct.unpack_from("!H", frame, ip + 4)[0] or len(frame) - tcp)
        source, destination = (socket.inet_ntop(socket.AF_INET6, frame[ip + at:ip + at + 16]) for at in (8, 24))
        family = 6
    if len(frame) < tcp + 20:
        return None
    sport, dport, seq, ack, offset, flags, window = struct.unpack_from("!HHIIBBH", frame, tcp)
    text = tcp + 4 * (offset >> 4)
    segment = Segment(family, source, destination, sport, dport, seq, ack, flags, window, max(0, end - text), ttl, ip_id, ip, tcp, text,
                      traffic)
    options_of(segment, frame[tcp + 20:text])
    return segment


# --- making ---------------------------------------------------------------------------------------------------------------------

def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def ip_packet(source, destination, protocol, payload, ttl=64, ip_id=0, dont_fragment=True):
    if ":" in source:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl) + packed(source) + packed(destination) + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ip_id, 0x4000 if dont_fragment else 0, ttl, protocol, 0)
    header += packed(source) + packed(destination)
    return header[:10] + struct.pack("!H", internet_checksum(header)) + header[12:] + payload


def pseudo_header(source, destination, protocol, length):
    if ":" in source:
        return packed(source) + packed(destination) + struct.pack("!IxxxB", length, protocol)
    return packed(source) + packed(destination) + struct.pack("!xBH", protocol, length)


def tcp_packet(source, sport, destination, dport, seq, ack, flags, window=0, text=b"", options=b"", **ip):
    header = struct.pack("!HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, (5 + len(options) // 4) << 4, flags, window, 0, 0)
    segment = header + options + text
    total = internet_checksum(pseudo_header(source, destination, TCP, len(segment)) + segment)
    return ip_packet(source, destination, TCP, segment[:16] + struct.pack("!H", total) + segment[18:], **ip)


def icmp_error(router, packet, kind, code, mtu=0):
    """What a router at `router` answers to `packet` (an IP packet without its link's header)."""
    if packet[0] >> 4 == 4:
        victim = socket.inet_ntop(socket.AF_INET, packet[12:16])
        body = struct.pack("!BBHHH", kind, code, 0, 0, mtu) + packet[:4 * (packet[0] & 15) + 8]
        return ip_packet(router, victim, ICMP, body[:2] + struct.pack("!H", internet_checksum(body)) + body[4:])
    victim = socket.inet_ntop(socket.AF_INET6, packet[8:24])
    body = struct.pack("!BBHI", kind, code, 0, mtu) + packet[:1180]
    total = internet_checksum(pseudo_header(router, victim, ICMPV6, len(body)) + body)
    return ip_packet(router, victim, ICMPV6, body[:2] + struct.pack("!H", total) + body[4:])


def with_sums(frame, segment):
    """The frame with right checksums, after something in it was changed."""
    out = bytearray(frame)
    if segment.family == 4:
        out[segment.ip + 10:segment.ip + 12] = b"\0\0"
        total = internet_checksum(bytes(out[segment.ip:segment.tcp]))
        out[segment.ip + 10:segment.ip + 12] = struct.pack("!H", total)
    end = segment.text + segment.length
    out[segment.tcp + 16:segment.tcp + 18] = b"\0\0"
    body = bytes(out[segment.tcp:end])
    total = internet_checksum(pseudo_header(segment.source, segment.destination, TCP, len(body)) + body)
    out[segment.tcp + 16:segment.tcp + 18] = struct.pack("!H", total)
    return bytes(out)


def cut_super_segment(frame, segment, size):
    """What a network card makes of a segment larger than the link: pieces of `size` octets, with right checksums."""
    text = frame[segment.text:segment.text + segment.length]
    pieces = []
    for n, at in enumerate(range(0, max(len(text), 1), size)):
        piece = text[at:at + size]
        out = bytearray(frame[:segment.text] + piece)
        last = at + size >= len(text)
        if segment.family == 4:
            struct.pack_into("!HH", out, segment.ip + 2, len(out) - segment.ip, (segment.ip_id + n) & 0xFFFF)
        else:
            struct.pack_into("!H", out, segment.ip + 4, len(out) - segment.ip - 40)
        struct.pack_into("!I", out, segment.tcp + 4, (segment.seq + at) & 0xFFFFFFFF)
        flags = segment.flags if last else segment.flags & ~(FIN | PSH)
        out[segment.tcp + 13] = flags if n == 0 else flags & ~CWR
        pieces.append(with_sums(bytes(out), segment_of(bytes(out), ETHERNET if segment.ip else RAW_IP)))
    return pieces


# --- capture files --------------------------------------------------------------------------------------------------------------

class PcapFile:
    """Writes the classic format with nanoseconds."""

    def __init__(self, path, link=ETHERNET, snap=262144):
        self.file, self.snap = open(path, "wb"), snap
        self.file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap, link))
        self.frames = 0

    def add(self, nanoseconds, frame):
        kept = frame[:self.snap]
        self.file.write(struct.pack("<IIII", nanoseconds // 10**9, nanoseconds % 10**9, len(kept), len(frame)) + kept)
        self.frames += 1
        return self.frames

    def close(self):
        self.file.close()


def read_pcap(path):
    """Yields (nanoseconds, link type, octets) of a classic little-endian file."""
    with open(path, "rb") as file:
        data = file.read()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
    unit = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}[magic]
    at = 24
    while at + 16 <= len(data):
        seconds, part, kept, _ = struct.unpack_from("<IIII", data, at)
        yield seconds * 10**9 + part * unit, link, data[at + 16:at + 16 + kept]
        at += 16 + kept
