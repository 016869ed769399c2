"""Explicit Congestion Notification with the kernel: what is agreed, who marks, who tells, in both directions. Our own faults mark."""

import socket
import time

from captures import ask_tshark
from covers import covers
from world import digest, in_background, octets, read_all, skip

CE, ECT_0 = 3, 2
SYN, ACK, ECE, CWR, AE = 0x02, 0x10, 0x40, 0x80, 0x100
COUNT = 4 << 20


def kernel_speaks(value):
    """1: classic, asked for and answered. 3: accurate, likewise."""
    try:
        with open("/proc/sys/net/ipv4/tcp_ecn", "w", encoding="ascii") as file:
            file.write(str(value))
    except OSError as error:
        skip(f"this kernel does not take net.ipv4.tcp_ecn={value}: {error.strerror}")


def counters():
    """IpExt and TcpExt of this namespace."""
    found = {}
    with open("/proc/net/netstat", encoding="ascii") as file:
        lines = file.read().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        found.update(zip(names.split()[1:], map(int, values.split()[1:])))
    with open("/proc/net/snmp6") as file:  # IPv6 has its own count of the same
        found["InCEPkts"] = found.get("InCEPkts", 0) + sum(int(line.split()[1]) for line in file if line.startswith("Ip6InCEPkts"))
    return found


def packets(path):
    """(the kernel's?, flags, IP-ECN field, octets of text) of each TCP packet."""
    fields = ["-Y", "tcp", "-T", "fields", "-e", "ip.src", "-e", "ipv6.src", "-e", "tcp.flags", "-e", "ip.dsfield.ecn", "-e",
              "ipv6.tclass.ecn", "-e", "tcp.len"]
    rows = []
    for line in ask_tshark(path, *fields):
        source4, source6, flags, ecn4, ecn6, length = line.split("\t")
        rows.append(((source4 or source6) in ("10.9.0.1", "fd00::1"), int(flags, 0), int(ecn4 or ecn6, 0), int(length)))
    return rows


def both_ways(world, port, opener, family, *options):
    """Four mebibytes each way; returns the packets as our end saw them and what the kernel counted."""
    path = world.path(f"capture-{port}")
    says, answers = octets(COUNT, 1), octets(COUNT, 2)
    before = counters()
    if opener == "the kernel":
        ours = world.listen(port, "--pcap", path, *options)
        theirs = world.kernel_connects(family, port)
    else:
        listener = world.kernel_listens(family, port)
        ours = world.connect(family, port, "--pcap", path, *options)
        theirs, _ = listener.accept()
        theirs.settimeout(50)
        listener.close()
    in_background(lambda: (ours.input.write(says), ours.input.close()))
    in_background(lambda: (theirs.sendall(answers), theirs.shutdown(socket.SHUT_WR)))
    heard = []
    reader = in_background(lambda: heard.append(ours.output.read()))
    assert digest(read_all(theirs)) == digest(says), opener
    reader.join(50)
    assert digest(heard[0]) == digest(answers), opener
    theirs.close()
    ours.ends(0)
    time.sleep(0.1)
    after = counters()
    return packets(path), {name: after[name] - before[name] for name in after if after[name] != before.get(name, 0)}


def check_marking(rows, counted, opener):
    """What both modes have in common: only new text may be marked, and marks go both ways."""
    ours = [row for row in rows if not row[0]]
    theirs = [row for row in rows if row[0]]
    assert all(row[2] == 0 for row in ours if row[1] & SYN or row[3] == 0), "a SYN or an ACK of ours may be marked"
    assert sum(row[2] == ECT_0 for row in ours if row[3]) > len([row for row in ours if row[3]]) / 2, "our text may not be marked"
    assert any(row[2] == CE for row in theirs), "no packet of the kernel's arrived marked"
    assert counted.get("InCEPkts", 0) > 0, f"opened by {opener}: no packet of ours arrived marked at the kernel: {counted}"


def classic(world, family):
    covers("rfc3168 5-2", "rfc3168 6.1.3-1")
    kernel_speaks(1)
    world.impair = ["--impair", "mark=2%,seed=5"]
    for port, opener in ((9000, "the kernel"), (9002, "we")):
        rows, counted = both_ways(world, port, opener, family)
        check_marking(rows, counted, opener)
        established = [row for row in rows if not row[1] & SYN]
        for kernels, name in ((True, "the kernel"), (False, "we")):
            mine = [row for row in established if row[0] == kernels]
            assert any(row[1] & ECE for row in mine), f"opened by {opener}: {name} never echoed"
            assert any(row[1] & CWR for row in mine), f"opened by {opener}: {name} never said CWR"
        print(f"  opened by {opener}: the kernel got {counted['InCEPkts']} of ours marked, "
              f"we {sum(row[0] and row[2] == CE for row in rows)} of its; ECE and CWR from both")


def accurate(world, family):
    kernel_speaks(3)
    world.impair = ["--impair", "mark=2%,seed=5"]
    for port, opener in ((9000, "the kernel"), (9002, "we")):
        rows, counted = both_ways(world, port, opener, family)
        check_marking(rows, counted, opener)
        assert rows[0][1] & (AE | ECE | CWR) == AE | ECE | CWR, f"opened by {opener}: the SYN asks for {rows[0][1]:#x}"
        answer = next(row[1] for row in rows if row[1] & SYN and row[1] & ACK)
        assert answer & (AE | ECE | CWR) == CWR, f"opened by {opener}: the SYN-ACK says {answer:#x}"
        for kernels, name in ((True, "the kernel"), (False, "we")):
            counts = {row[1] & (AE | ECE | CWR) for row in rows if row[0] == kernels and not row[1] & SYN}
            assert len(counts) > 4, f"opened by {opener}: {name} told too few counts: {counts}"
        print(f"  opened by {opener}: the kernel got {counted['InCEPkts']} of ours marked, "
              f"we {sum(row[0] and row[2] == CE for row in rows)} of its; accurate feedback both ways")


def swallowed(world, family):
    """Our SYNs that ask are lost; the connection comes all the same."""
    kernel_speaks(3)
    world.impair = ["--impair", "ecn=drop-syn"]
    listener = world.kernel_listens(family, 9000)
    ours = world.connect(family, 9000)
    theirs, _ = listener.accept()
    theirs.settimeout(50)
    ours.input.write(b"hello")
    ours.input.close()
    assert read_all(theirs) == b"hello"
    theirs.close()
    ours.ends(0)


CASES = {"ecn-classic": classic, "ecn-accurate": accurate, "ecn-swallowed": swallowed}
