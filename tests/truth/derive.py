"""Captures that lie: made of recordings whose truth is known, by leaving out what a bad vantage leaves out. What an analyser must say of
them is that the capture is incomplete, and nothing that it cannot know.

derive(folder) adds cut-NAME recordings to those of the simulator in the folder.
"""

import json
import os
import random
import struct

import packets

BASE = "sim-healthy-answer"
LOSSY = "sim-random-loss"


def midstream(frames):
    """The capture began after the handshake."""
    return frames[25:]


def one_way(frames):
    """Only what the server sent."""
    return [frame for frame in frames if frame[1][1] == "received"]


def dropped(frames):
    """The capturing host was too slow: each twentieth frame is missing."""
    dice = random.Random(5)
    return [frame for n, frame in enumerate(frames) if n < 5 or dice.random() > 0.05]


def clock_step(frames):
    """The clock was put back two seconds while the capture ran."""
    middle = len(frames) // 2
    return frames[:middle] + [(at - 2 * 10**9, number, octets) for at, number, octets in frames[middle:]]


def snapped(frames):
    """Only headers were kept."""
    return frames


KINDS = {"midstream": (midstream, BASE, False), "one-way": (one_way, BASE, False), "dropped": (dropped, BASE, False),
         "clock-step": (clock_step, BASE, False), "snapped": (snapped, LOSSY, True)}


def write(path, frames, snap):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap, packets.RAW_IP))
        for at, _, octets in frames:
            kept = octets[:snap]
            file.write(struct.pack("<IIII", at // 10**9, at % 10**9, len(kept), len(octets)) + kept)


def derive(folder):
    for kind, (change, base, has_labels) in KINDS.items():
        journal_path = os.path.join(folder, base + ".journal.json")
        if not os.path.exists(journal_path):
            continue
        with open(journal_path, encoding="ascii") as file:
            journal = json.load(file)
        name = "cut-" + kind
        capture = packets.read_pcap(os.path.join(folder, base + ".client.pcap"))
        frames = change([(at, number, octets) for (at, _, octets), number in zip(capture, journal["frames"]["client"])])
        snap = 72 if kind == "snapped" else 262144
        write(os.path.join(folder, name + ".client.pcap"), frames, snap)
        write(os.path.join(folder, name + ".server.pcap"), [], snap)
        finds = ["loss-random"] if kind == "snapped" else ["capture-incomplete"]
        journal |= {"name": name, "source": "derived", "cause": change.__doc__, "finds": {"client": finds}, "may": ["capture-incomplete"],
                    "healthy": False, "judged": ["client"], "labels": has_labels,
                    "frames": {"client": [number for _, number, _ in frames], "server": []}}
        with open(os.path.join(folder, name + ".journal.json"), "w", encoding="ascii") as file:
            json.dump(journal, file, separators=(",", ":"))
