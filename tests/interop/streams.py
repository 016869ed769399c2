"""One connection at a time between `fourtuple listen|connect` and this machine's kernel."""

import json
import socket
import struct
import subprocess
import time

from covers import covers
from world import FAMILY, KERNEL, LINK, OURS, PATIENCE, Program, digest, in_background, octets, read_all

MEBIBYTE = 1 << 20


def transfer(world, family, count, *options):
    """`count` octets each way at the same time."""
    covers("rfc9293 MUST-2", "rfc9293 MUST-3")
    ours_says, kernel_says = octets(count, 1), octets(count, 2)
    with open(world.path("input"), "wb") as file:
        file.write(ours_says)
    for port, opener in ((9000, "kernel"), (9002, "we")):
        begun = time.monotonic()
        with open(world.path("input"), "rb") as source, open(world.path("output"), "wb") as sink:
            if opener == "kernel":
                ours = world.listen(port, *options, stdin=source, stdout=sink)
                theirs = world.kernel_connects(family, port)
            else:
                listener = world.kernel_listens(family, port)
                ours = world.connect(family, port, *options, stdin=source, stdout=sink)
                theirs, _ = listener.accept()
                theirs.settimeout(PATIENCE)

        def speak():
            theirs.sendall(kernel_says)
            theirs.shutdown(socket.SHUT_WR)

        speaker = in_background(speak)
        heard = read_all(theirs)
        speaker.join(PATIENCE)
        theirs.close()
        ours.ends(0)
        assert digest(heard) == digest(ours_says), f"the kernel read other octets than we sent ({len(heard)} of {count})"
        with open(world.path("output"), "rb") as file:
            got = file.read()
        assert digest(got) == digest(kernel_says), f"we read other octets than the kernel sent ({len(got)} of {count})"
        took = time.monotonic() - begun
        print(f"  opened by {opener}: {count // MEBIBYTE} MiB each way in {took:.2f} s, sha256 {digest(heard)[:16]}... agree")


def super_segments(world, family):
    """16 MiB each way, one after the other, in packets that are far larger than the MTU (the device cuts them if it must)."""
    said = octets(16 * MEBIBYTE, 4)
    for ours, theirs, opener in world.pairs(family, 9000):
        sender = in_background(lambda: (theirs.sendall(said), theirs.shutdown(socket.SHUT_WR)))
        assert digest(ours.output.read()) == digest(said), opener
        sender.join(PATIENCE)
        in_background(lambda: (ours.input.write(said), ours.input.flush()))
        heard = b""
        while len(heard) < len(said):
            heard += theirs.recv(MEBIBYTE)
        assert digest(heard) == digest(said), opener
        device = json.loads(subprocess.check_output(["ip", "-s", "-j", "link", "show", "ft0"]))[0]["stats64"]
        for way in ("rx", "tx"):
            mean = device[way]["bytes"] / device[way]["packets"]
            print(f"  opened by {opener}: {way} {device[way]['packets']} packets, {mean:.0f} octets each on average")
            # Acknowledgements without text count as well, so the mean is far below the largest.
            assert device[way]["bytes"] > 16 * MEBIBYTE and mean > 3000, device
        ours.input.close()
        theirs.close()
        ours.ends(0)


def handshake(world, family):
    covers("rfc9293 MUST-14")
    for ours, theirs, opener in world.pairs(family, 9000):
        theirs.sendall(b"to you")
        assert ours.output.read(6) == b"to you"
        ours.input.write(b"to me")
        ours.input.close()
        assert read_all(theirs) == b"to me", opener
        assert theirs.getpeername()[0] == OURS[family]
        theirs.close()
        ours.ends(0)


def handshake_on_ethernet(world, family):
    world.link = [LINK[0], LINK[1].replace("tun:", "tap:"), *LINK[2:]]
    handshake(world, family)


def kernel_half_closes(world, family):
    covers("rfc9293 MUST-12")
    for ours, theirs, opener in world.pairs(family, 9000):
        theirs.sendall(b"question")
        theirs.shutdown(socket.SHUT_WR)
        assert ours.output.read() == b"question", opener  # up to the end, while our direction stays open
        answer = octets(MEBIBYTE, 3)
        in_background(lambda: (ours.input.write(answer), ours.input.close()))
        assert digest(read_all(theirs)) == digest(answer), opener
        theirs.close()
        ours.ends(0)


def we_half_close(world, family):
    for ours, theirs, opener in world.pairs(family, 9000):
        ours.input.write(b"question")
        ours.input.close()
        assert read_all(theirs) == b"question", opener
        answer = octets(MEBIBYTE, 4)
        in_background(lambda: (theirs.sendall(answer), theirs.close()))
        assert digest(ours.output.read()) == digest(answer), opener
        ours.ends(0)


def kernel_aborts(world, family):
    covers("rfc9293 MUST-12")
    for ours, theirs, _ in world.pairs(family, 9000):
        # We go on sending, so that a lost RST is followed by another one.
        def speak():
            try:
                while True:
                    ours.input.write(b"x" * 4096)
            except OSError:
                pass

        in_background(speak)
        assert theirs.recv(1) == b"x"
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        ours.ends(1, says=b"reset")


def expect_reset(theirs):
    try:
        while theirs.recv(MEBIBYTE):
            pass
        raise AssertionError("the kernel saw an orderly end instead of a reset")
    except ConnectionResetError:
        theirs.close()


def we_abort(world, family):
    for ours, theirs, _ in world.pairs(family, 9000):
        theirs.sendall(b"hello")
        assert ours.output.read(5) == b"hello"
        ours.interrupt()
        ours.ends(1, says=b"interrupted")
        expect_reset(theirs)


def nobody_reads_our_output(world, family):
    covers("rfc9293 SHLD-3")
    for ours, theirs, _ in world.pairs(family, 9000):
        ours.output.close()
        theirs.sendall(b"into the void")
        ours.ends(1, says=b"Broken pipe")
        expect_reset(theirs)


def disk_is_full(world, family):
    with open("/dev/full", "wb") as full:
        for ours, theirs, _ in world.pairs(family, 9000, stdout=full):
            theirs.sendall(b"more than fits")
            ours.ends(1, says=b"No space left on device")
            expect_reset(theirs)


def one_after_another(world, family):
    ours = world.listen(9000, "--keep")
    for text in (b"first", b"second", b"third"):
        theirs = world.kernel_connects(family, 9000)
        theirs.sendall(text)
        assert ours.output.read(len(text)) == text
        if text == b"first":
            ours.input.close()  # from here on our end of every connection closes at once
        theirs.shutdown(socket.SHUT_WR)
        assert read_all(theirs) == b""
        theirs.close()
    ours.interrupt()
    ours.ends(1, says=b"interrupted")
    assert ours.output.read() == b""


def refused(world, family):
    ours = world.listen(9000)
    begun = time.monotonic()
    with socket.socket(FAMILY[family]) as client:
        client.settimeout(PATIENCE)
        try:
            client.connect((OURS[family], 9001))
            raise AssertionError("a port where nobody listens took a connection")
        except ConnectionRefusedError:
            pass
    assert time.monotonic() - begun < 10
    ours.interrupt()
    ours.ends(1, says=b"interrupted")
    ours = world.connect(family, 9003, stdin=subprocess.DEVNULL)
    ours.ends(1, says=b"refused")


def internet_checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def ping(world, family):
    ours = world.listen(9000)
    protocol = socket.IPPROTO_ICMPV6 if family == 6 else socket.IPPROTO_ICMP
    request, reply = (128, 129) if family == 6 else (8, 0)
    with socket.socket(FAMILY[family], socket.SOCK_RAW, protocol) as raw:
        raw.settimeout(PATIENCE)
        for number, size in enumerate((0, 56, 1400, 4000)):  # the last one comes in fragments
            text = octets(size, number)
            message = struct.pack("!BBHHH", request, 0, 0, 77, number) + text
            if family == 4:  # the kernel fills it in for ICMPv6 only
                message = message[:2] + struct.pack("!H", internet_checksum(message)) + message[4:]
            raw.sendto(message, (OURS[family], 0))
            while True:
                heard = raw.recv(65536)
                heard = heard[20:] if family == 4 else heard
                if heard[0] == reply and heard[4:] == message[4:]:
                    break
    ours.interrupt()
    ours.ends(1)


def tunnel(world, family):
    """Two processes of ours, each without any privilege, IP in UDP datagrams between them."""
    loopback = {4: "127.0.0.1", 6: "[::1]"}[family]
    ends = [f"{loopback}:7001", f"{loopback}:7002"]
    first, second = octets(MEBIBYTE, 5), octets(MEBIBYTE, 6)
    for name, data in (("first", first), ("second", second)):
        with open(world.path(name), "wb") as file:
            file.write(data)
    link = "udp:{0},{1},{2}/{3}"
    length = 64 if family == 6 else 24
    with open(world.path("first"), "rb") as source, open(world.path("heard-by-server"), "wb") as sink:
        server = Program([world.fourtuple, "listen", "--link", link.format(ends[0], ends[1], OURS[family], length), *world.impair,
                          "80"], ready=b"listening", stdin=source, stdout=sink)
    with open(world.path("second"), "rb") as source, open(world.path("heard-by-client"), "wb") as sink:
        client = Program([world.fourtuple, "connect", "--link", link.format(ends[1], ends[0], KERNEL[family], length),
                          *world.impair, OURS[family], "80"], stdin=source, stdout=sink)
    client.ends(0)
    server.ends(0)
    for name, data in (("heard-by-client", first), ("heard-by-server", second)):
        with open(world.path(name), "rb") as file:
            assert digest(file.read()) == digest(data), name


CASES = {
    "handshake": handshake,
    "handshake-on-ethernet": handshake_on_ethernet,
    "64-mebibytes": lambda world, family: transfer(world, family, 64 * MEBIBYTE),
    "super-segments": super_segments,
    "kernel-half-closes": kernel_half_closes,
    "we-half-close": we_half_close,
    "kernel-aborts": kernel_aborts,
    "we-abort": we_abort,
    "nobody-reads": nobody_reads_our_output,
    "disk-is-full": disk_is_full,
    "one-after-another": one_after_another,
    "refused": refused,
    "ping": ping,
    "tunnel": tunnel,
}
