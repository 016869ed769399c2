"""What a modern TCP has, feature by feature, between us and this machine's kernel: each case asserts on what the wire shows."""

import json
import socket
import time

from captures import ask_tshark
from world import PATIENCE, in_background, octets, read_all

DELAY = "delay=20ms"  # each way: a round trip of 40 ms, well below any retransmission timeout
FIELDS = ("frame.interface_name", "frame.time_relative", "frame.comment", "tcp.flags", "tcp.seq", "tcp.ack", "tcp.len", "tcp.window_size",
          "tcp.options.sack_le", "tcp.options.sack_re", "tcp.options.timestamp.tsval", "tcp.options.timestamp.tsecr")


def numbers(field):
    return [int(word) for word in field.split(",")] if field else []


class Packet:
    def __init__(self, line, ours):
        f = dict(zip(FIELDS, line.split("\t")))
        self.ours = f["frame.interface_name"] == ours
        self.at = float(f["frame.time_relative"])
        self.comment = f["frame.comment"]
        self.flags = int(f["tcp.flags"], 0)
        self.seq, self.ack, self.length, self.window = (int(f[name]) for name in ("tcp.seq", "tcp.ack", "tcp.len", "tcp.window_size"))
        self.sack = list(zip(numbers(f["tcp.options.sack_le"]), numbers(f["tcp.options.sack_re"])))
        self.timestamps = numbers(f["tcp.options.timestamp.tsval"]) + numbers(f["tcp.options.timestamp.tsecr"])

    def is_duplicate_report(self):
        """RFC 2883 4: the first block lies below the ACK, or inside the second."""
        if not self.sack:
            return False
        left, right = self.sack[0]
        inside = len(self.sack) > 1 and self.sack[1][0] <= left and right <= self.sack[1][1]
        return left < self.ack or inside


def wire(world, opener, name="capture"):
    """The packets of a capture, in order."""
    ours = "server" if opener == "the kernel" else "client"
    fields = [word for field in FIELDS for word in ("-e", field)]
    lines = ask_tshark(world.path(name), "-Y", "tcp", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,", *fields)
    return [Packet(line, ours) for line in lines]


def pairs(world, family, faults, *options):
    options = ("--pcap", world.path("capture"), "--info=json", *options)
    if faults:
        options += ("--impair", faults)
    yield from world.pairs(family, 9000, *options)


def told(ours):
    """What --info=json said at the end."""
    ours.reader.join(PATIENCE)
    return next(json.loads(line) for line in ours.diagnostics.decode().splitlines() if line.startswith("{"))


def finish(ours, theirs):
    if not ours.input.closed:
        ours.input.close()
    theirs.shutdown(socket.SHUT_WR)
    read_all(theirs)
    theirs.close()
    ours.output.read()
    ours.ends(0)


def we_send(ours, theirs, text):
    """From our standard input to the kernel's socket."""
    ours.input.write(text)
    ours.input.flush()
    heard = b""
    while len(heard) < len(text):
        heard += theirs.recv(1 << 20)
    assert heard == text


def they_send(ours, theirs, text):
    sender = in_background(theirs.sendall, text)
    assert ours.output.read(len(text)) == text
    sender.join(PATIENCE)


def repeats(packets, ours):
    """Data that begins below what its end has sent before."""
    highest, found = 0, []
    for p in packets:
        if p.ours != ours or p.length == 0:
            continue
        if p.seq < highest:
            found.append(p)
        highest = max(highest, p.seq + p.length)
    return found


def sack(world, family):
    text = octets(60_000, 1)
    for ours, theirs, opener in pairs(world, family, f"{DELAY},drop=data:5"):
        we_send(ours, theirs, text)
        they_send(ours, theirs, text)
        finish(ours, theirs)
        packets = wire(world, opener)
        for sender, receiver in ((True, "the kernel"), (False, "we")):
            reports = [p for p in packets if p.ours != sender and p.sack]
            assert reports, f"{receiver} reported no hole by SACK"
            again = repeats(packets, sender)
            assert 1 <= len(again) <= 2, f"one segment was lost, {len(again)} went again"  # a busy machine may earn a probe
            hole = again[0]
            assert all(left >= hole.seq + hole.length for p in reports for left, _ in p.sack if not p.is_duplicate_report())
        ours_again = repeats(packets, True)[0]
        assert ours_again.comment.startswith(("retransmit-rack", "retransmit-sack")), ours_again.comment
        assert told(ours)["retransmitted"]["timeouts"] == 0
        print(f"  opened by {opener}: one hole each way, one repeat each way")


def tail_loss(world, family):
    """The last segment of a flight is lost: nothing after it can tell. RFC 8985 7 asks before the timeout does."""
    text = octets(5 * 1000, 2)
    for ours, theirs, opener in pairs(world, family, f"{DELAY},drop=data:5", "--mtu", "1280"):
        theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        we_send(ours, theirs, text)
        they_send(ours, theirs, text)
        finish(ours, theirs)
        packets = wire(world, opener)
        lost = {}
        for sender in (True, False):
            again = repeats(packets, sender)
            assert again, "the last segment of the flight was to be lost"
            first = next(p for p in packets if p.ours == sender and p.length and p.seq <= again[0].seq < p.seq + p.length)
            lost[sender] = again[0].at - first.at
        assert any(p.comment.startswith("tail-loss-probe") for p in packets if p.ours), "no tail loss probe of ours"
        assert not any(p.comment.startswith("retransmit-rto") for p in packets if p.ours), "a timeout repaired it"
        assert lost[True] < 0.4, f"we waited {lost[True]:.3f} s"
        info = told(ours)["retransmitted"]
        assert info["timeouts"] == 0 and info["by_cause"]["tail-loss-probe"]["segments"] == 1, info
        print(f"  opened by {opener}: we asked after {lost[True] * 1000:.0f} ms, the kernel repaired after {lost[False] * 1000:.0f} ms")


def timestamps(world, family):
    text = octets(20_000, 3)
    for ours, theirs, opener in pairs(world, family, DELAY):
        we_send(ours, theirs, text)
        they_send(ours, theirs, text)
        finish(ours, theirs)
        packets = wire(world, opener)
        assert all(len(p.timestamps) == 2 for p in packets), "a segment without timestamps"
        said = {True: set(), False: set()}
        last = {True: 0, False: 0}
        for p in packets:
            value, echo = p.timestamps
            assert value >= last[p.ours], "a timestamp went back"
            last[p.ours] = value
            said[p.ours].add(value)
            assert echo == 0 or echo in said[not p.ours], "an echo of what was never said"
        print(f"  opened by {opener}: {len(packets)} segments with timestamps")


def keepalive(world, family):
    """One prober at a time: whoever asks first spares the other the question."""
    for prober in (True, False):
        name = "we" if prober else "the kernel"
        for ours, theirs, opener in pairs(world, family, "", *(["--keepalive", "1s"] if prober else [])):
            if not prober:
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
                theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
            we_send(ours, theirs, b"hello")
            they_send(ours, theirs, b"hello")
            time.sleep(2.5)
            we_send(ours, theirs, b"still there")  # it survived
            finish(ours, theirs)
            packets = wire(world, opener)
            sent = {p.seq + p.length for p in packets if p.ours == prober and p.length}
            probes = [i for i, p in enumerate(packets) if p.ours == prober and p.length <= 1 and p.flags == 0x10 and p.seq + 1 in sent]
            assert probes, f"{name} sent no keep-alive probe"
            answered = [i for i in probes if any(q.ours != prober and q.ack == packets[i].seq + 1 for q in packets[i + 1:i + 4])]
            assert answered, "no probe was answered"
            assert not prober or any(p.comment.startswith("keepalive-probe") for p in packets if p.ours)
            print(f"  opened by {opener}: {name} asked and had an answer")


def zero_window(world, family, stall=1.5):
    text = octets(3_000_000, 4)
    for ours, theirs, opener in pairs(world, family, ""):
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        writer = in_background(ours.input.write, text)
        time.sleep(stall)  # the kernel's application does not read: its window shuts
        heard = b""
        while len(heard) < len(text):
            heard += theirs.recv(1 << 20)
        assert heard == text
        writer.join(PATIENCE)
        sender = in_background(theirs.sendall, text)
        time.sleep(stall)  # nobody reads our output: our window shuts
        assert ours.output.read(len(text)) == text
        sender.join(PATIENCE)
        finish(ours, theirs)
        packets = wire(world, opener)
        for shut_by in (True, False):
            shut = [p for p in packets if p.ours == shut_by and p.window == 0 and p.flags & 0x10 and not p.flags & 0x04]
            assert shut, ("our" if shut_by else "the kernel's") + " window was to shut"
            # One that opens again at once needs no question. Linux probes from before the edge and without text, we with the
            # octet at it.
            probes = [p for p in packets if p.ours != shut_by
                      and any(p.at > s.at and (p.seq, p.length) in ((s.ack - 1, 0), (s.ack, 1)) for s in shut)]
            assert probes, "nobody asked whether the window opened"
        assert any(p.comment.startswith("window-probe") for p in packets if p.ours)
        info = told(ours)
        assert info["limits"]["receive_window"] > 500, info["limits"]
        print(f"  opened by {opener}: both windows shut, were probed and opened again")


def patient_zero_window(world, family):
    """A machine that is busy elsewhere may take longer to fill a window than the first try waits."""
    try:
        zero_window(world, family)
    except AssertionError as missed:
        print(f"  once more, with more time: {missed}")
        zero_window(world, family, stall=6)


def duplicate_sack(world, family):
    text = octets(200_000, 6)
    for ours, theirs, opener in pairs(world, family, f"{DELAY},duplicate=20%,seed=5"):
        we_send(ours, theirs, text)
        they_send(ours, theirs, text)
        finish(ours, theirs)
        packets = wire(world, opener)
        for reporter, name in ((True, "we"), (False, "the kernel")):
            assert any(p.ours == reporter and p.is_duplicate_report() for p in packets), f"{name} reported no duplicate by D-SACK"
        info = told(ours)
        assert info["reordering"]["duplicate_sacks_sent"] > 0 and info["retransmitted"]["duplicate_sacks"] > 0, info
        assert info["retransmissions"] == 0, "a duplicate is no loss"
        print(f"  opened by {opener}: duplicates were reported both ways, and nothing went again")


CASES = {"sack": sack, "tail-loss": tail_loss, "timestamps": timestamps, "keepalive": keepalive, "zero-window": patient_zero_window,
         "duplicate-sack": duplicate_sack}
