"""The truth of each frame of a recording, worked out from the journal of whoever carried the packets: what the sender sent before,
what got through, and in which order. See README.md for the words.

truth_of(folder, name) -> {end: [FrameTruth, ...]}, one for each frame of that end's capture, in order.
"""

import json
import os
from dataclasses import dataclass

import packets
import sim_stories
from packets import RST, SYN

ENDS = ("client", "server")


@dataclass
class FrameTruth:
    frame: int
    label: str  # as conn.label; "" for what is no TCP segment
    own: bool = False  # sent by the host where the capture was taken
    of: int = 0  # retransmission, duplicate: the frame of this capture that held the octets first
    lost: str = ""  # why it never arrived, for what was sent here
    evidence: bool = False  # of all but originals: this capture proves it
    cause: str = ""  # what the sender says, where it can be asked (the simulator): "retransmit-rto"
    seq: int = 0
    length: int = 0


def later(a, b):
    """a comes after b, modulo 2^32."""
    return a != b and (a - b) & 0xFFFFFFFF < 1 << 31


def tells_double(heard, segment, stop):
    """A D-SACK for that segment: a first block below what is acknowledged, or inside the second block (RFC 2883 4)."""
    if not heard.sack:
        return False
    begin, end = heard.sack[0]
    outer = heard.sack[1] if len(heard.sack) > 1 else None
    is_double = not later(end, heard.ack) or (outer and not later(outer[0], begin) and not later(end, outer[1]))
    return bool(is_double and not later(begin, segment.seq) and not later(stop, end))


class Ranges:
    """What one side of one connection has sent: (from, to, got through, frame's packet), relative to the first number."""

    def __init__(self, first):
        self.first, self.pieces, self.top = first, [], 0

    def place(self, seq):
        offset = (seq - self.first) & 0xFFFFFFFF
        return offset - (1 << 32) if offset >= 1 << 31 else offset

    def overlapping(self, begin, end):
        return [piece for piece in self.pieces if piece[0] < end and piece[1] > begin]

    def covers(self, pieces, begin, end):
        at = begin
        for piece in sorted(pieces):
            if piece[0] > at:
                return False
            at = max(at, piece[1])
            if at >= end:
                return True
        return at >= end


class Labeller:
    """First what each packet is for whoever sent it, then what each frame is for whoever looks at that end."""

    def __init__(self, journal, captures):
        self.journal, self.captures = journal, captures
        self.notes = {note["id"]: note for note in journal["packets"]}
        self.kinds = {}  # packet -> (label, packet that it repeats, needless)
        self.octets = {}  # packet -> segment, as sent
        self.arrived = {number for end in ENDS for number, role in journal["frames"][end] if role in ("received", "copy")}
        self.places = {end: {} for end in ENDS}  # end -> packet -> index of the frame that came first
        for end in ENDS:
            for at, (number, role) in enumerate(journal["frames"][end]):
                if role != "sent":
                    self.places[end].setdefault(number, at)
        for end in ENDS:
            for (number, role), (_, link, frame) in zip(journal["frames"][end], captures[end]):
                if role == "sent" or number not in self.octets and self.notes[number].get("injected"):
                    self.octets[number] = packets.segment_of(frame, link)

    def got_through(self, number):
        note = self.notes[number]
        if "pieces" in note:  # of a super-segment: when each of its pieces did
            return all(self.got_through(piece) for piece in note["pieces"])
        return number in self.arrived and not note.get("corrupted")

    def judge_packets(self):
        sides, windows = {}, {}
        for end in ENDS:
            for number, role in self.journal["frames"][end]:
                segment = self.octets.get(number) if role in ("sent", "received") else None
                if segment is None:
                    continue
                if role == "received":  # what the host at this end knows of its peer's window
                    if not segment.flags & SYN:
                        windows[(end, segment.back)] = segment.window
                    continue
                self.kinds[number] = self.judge(sides, windows, end, number, segment)
        for number, segment in self.octets.items():
            if segment is not None and self.notes[number].get("injected") and number not in self.kinds:
                self.kinds[number] = ("original" if self.notes[number].get("why") == "peer" else "injected", 0, False)

    def judge(self, sides, windows, end, number, segment):
        side = sides.get(segment.way)
        if self.notes[number].get("injected"):
            return ("injected", 0, False)
        if segment.flags & SYN and (side is None or segment.seq != side.first):
            side = sides[segment.way] = Ranges(segment.seq)
        elif side is None:
            side = sides[segment.way] = Ranges(segment.seq)
        if segment.flags & RST:
            return ("original", 0, False)
        begin = side.place(segment.seq)
        stop = begin + segment.span
        cause = self.notes[number].get("why", "")
        shut = windows.get((end, segment.way)) == 0
        if cause == "window-probe" or not cause and shut and segment.span <= 1 and begin < side.top:
            label = "probe"
        elif cause == "keepalive-probe" or not cause and begin == side.top - 1 and segment.length <= 1 and not segment.flags & 7 and (
                self.all_acknowledged(end, number, segment)):
            return ("keep-alive", 0, False)
        else:
            label = "original"
        before = side.overlapping(begin, stop) if stop > begin else []
        through = self.got_through(number)
        crossing = segment.flags & packets.ACK and segment.flags & SYN and before and not (
            self.octets[before[0][3]].flags & packets.ACK)  # a simultaneous open: the SYN-ACK is no repetition of the SYN
        if before and label == "original" and not crossing:
            label = "retransmission"
            if side.covers([piece for piece in before if piece[2]], begin, stop) and self.was_taken(number, segment, before):
                label = "needless"
        if stop > begin:
            side.pieces.append((begin, stop, through, number))
            side.top = max(side.top, stop)
        return (label, before[0][3] if before else 0, label == "needless")

    def was_taken(self, number, segment, before):
        """Whether the receiving host took what had reached it: it may have refused it, for want of room or of a window. It did when it
        acknowledged the octets before the repetition came, or tells by D-SACK that it has them twice, or when the first copy came later
        than the repetition."""
        end = "server" if self.notes[number]["from"] == "client" else "client"
        stop = (segment.seq + segment.span) & 0xFFFFFFFF
        frames = self.journal["frames"][end]
        came = self.places[end].get(number)
        if came is None:  # lost: what the receiver said after it was sent cannot be about it
            came = next((at for at, (other, _) in enumerate(frames) if other > number), len(frames))
        if all(self.places[end].get(piece[3], -1) > came for piece in before):
            return True
        back = [self.octets.get(other) for other, role in frames if role == "sent"]
        if not any(heard is not None and heard.sack_permitted for heard in back if heard is not None and heard.flags & SYN):
            return True  # nothing but its silence could tell
        for at, (other, role) in enumerate(frames):
            heard = self.octets.get(other) if role == "sent" else None
            if heard is None or heard.way != segment.back or at > came + 40:
                continue
            if at < came and heard.flags & packets.ACK and not later(stop, heard.ack):
                return True
            if at < came and any(not later(a, segment.seq) and not later(stop, b) for a, b in heard.sack):
                return True
            if at > came and tells_double(heard, segment, stop):
                return True
        return False

    def all_acknowledged(self, end, number, segment):
        """Whether what this end has heard before it sent that packet acknowledges everything: then it asks, it does not repeat."""
        best = None
        for other, role in self.journal["frames"][end]:
            if other == number and role == "sent":
                return best is not None and best == (segment.seq + 1) & 0xFFFFFFFF
            heard = self.octets.get(other)
            if role == "received" and heard is not None and heard.way == segment.back and heard.flags & packets.ACK:
                best = heard.ack if best is None or later(heard.ack, best) else best
        return False

    def frames_of(self, end):
        highest, acks, frames, first_frame, late_after = {}, {}, [], {}, {}
        for index, ((number, role), (_, link, octets)) in enumerate(zip(self.journal["frames"][end], self.captures[end]), 1):
            segment = packets.segment_of(octets, link)
            if segment is None:
                frames.append(FrameTruth(index, ""))
                continue
            label, repeated, _ = self.kinds.get(number, ("original", 0, False))
            truth = FrameTruth(index, label, own=role == "sent", seq=segment.seq, length=segment.span)
            truth.cause = self.notes[number].get("why", "")
            truth.lost = self.notes[number].get("lost", "")
            truth.of = first_frame.get(repeated, 0)
            if role == "mirror":
                truth.label, truth.of = "capture-duplicate", first_frame.get(number, 0)
            elif number in first_frame:  # the second copy that comes; which of both the network made, nobody can tell
                truth.label, truth.of = "network-duplicate", first_frame[number]
            elif role != "sent" and label == "original" and segment.span:
                # Overtaken: something that was sent later, and lies further on, is here already.
                key = (segment.way, late_after.get(segment.way))
                top, by = highest.get(key, (None, 0))
                if top is not None and by > number and later(top, segment.seq):
                    truth.label, truth.evidence = "reordered", True
            elif role != "sent" and label == "original" and segment.flags & packets.ACK and not segment.flags & 7:
                ack, by = acks.get(segment.way, (segment.ack, 0))
                if by > number and later(ack, segment.ack):
                    truth.label = "reordered"  # a bare acknowledgement that was overtaken: no order of octets tells
                elif not later(ack, segment.ack):
                    acks[segment.way] = (segment.ack, number)
            elif role != "sent" and label == "retransmission":
                top, _ = highest.get((segment.way, late_after.get(segment.way)), (None, 0))
                truth.evidence = top is not None and later(top, segment.seq)  # a hole showed; else nothing tells
            if segment.flags & SYN and number not in first_frame and label == "original":
                late_after[segment.way] = segment.seq  # another connection begins there
            if role != "mirror" and segment.span and label != "injected":
                key = (segment.way, late_after.get(segment.way))
                edge = (segment.seq + segment.span) & 0xFFFFFFFF
                if key not in highest or later(edge, highest[key][0]):
                    highest[key] = (edge, number)
            first_frame.setdefault(number, index)
            frames.append(truth)
        self.find_evidence(end, frames)
        return frames

    def find_evidence(self, end, frames):
        """Of each needless repetition: does this capture prove that it was? By what had been acknowledged before it came, by a D-SACK
        that tells of it, by an echo of the first copy's timestamp; or because its octets had passed here before."""
        segments = [packets.segment_of(octets, link) for _, link, octets in self.captures[end]]
        for truth, segment in zip(frames, segments):
            if truth.label == "capture-duplicate":
                truth.evidence = True  # another tag, address or hop limit
            if truth.label == "network-duplicate":
                # A bare acknowledgement over IPv6, or without an identification: the same again could be said twice.
                truth.evidence = segment.ip_id != 0 or segment.span != 0
            if truth.label != "needless":
                continue
            if not truth.own:
                truth.evidence = True
                continue
            stop = (segment.seq + segment.span) & 0xFFFFFFFF
            truth.evidence = self.acknowledged_before(segments, truth.frame, segment, stop) or (
                self.told_afterwards(segments, truth.frame, segment, stop))

    @staticmethod
    def acknowledged_before(segments, frame, segment, stop):
        for heard in segments[max(0, frame - 400):frame - 1]:
            if heard is None or heard.way != segment.back:
                continue
            if heard.flags & packets.ACK and not later(stop, heard.ack):
                return True
            if any(not later(begin, segment.seq) and not later(stop, end) for begin, end in heard.sack):
                return True
        return False

    @staticmethod
    def told_afterwards(segments, frame, segment, stop):
        echoed = False
        for heard in segments[frame:frame + 400]:
            if heard is None or heard.way != segment.back:
                continue
            if tells_double(heard, segment, stop):
                return True
            if not echoed and heard.flags & packets.ACK and not later(stop, heard.ack) and heard.stamps and segment.stamps:
                echoed = True
                if later(segment.stamps[0], heard.stamps[1]):  # RFC 3522: it echoes the first copy
                    return True
        return False


def truth_of(folder, name):
    with open(os.path.join(folder, name + ".journal.json"), encoding="ascii") as file:
        journal = json.load(file)
    if journal["source"] == "simulator":
        journal |= sim_stories.description(name)
    captures = {end: list(packets.read_pcap(os.path.join(folder, f"{name}.{end}.pcap"))) for end in ENDS}
    for end in ENDS:
        assert len(captures[end]) == len(journal["frames"][end]), f"{name}.{end}: journal and capture differ"
    labeller = Labeller(journal, captures)
    labeller.judge_packets()
    return journal, {end: labeller.frames_of(end) for end in ENDS}
