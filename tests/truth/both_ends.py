"""both_ends.py PROGRAM FOLDER [NAME...]: `fourtuple explain --with` is held against what was done to the packets of recordings that
have both ends: exactly those that were lost, doubled and overtaken, nothing altered and no strangers where nobody altered or forged, and the
delays that they had.

The clocks of both captures are one clock here: what is said of their offset and of the delays can be measured."""

import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict

import packets

OTHER = {"client": "server", "server": "client"}
SECOND = 10**9  # nanoseconds


class Way:
    """What was done to the TCP packets from one end to the other."""

    def __init__(self, journal, captures, end):
        self.sent, arrived, self.copies, self.strangers = [], {}, 0, 0
        self.frames = {}  # packet -> frame where it was sent
        for frame, ((number, role), (at, segment)) in enumerate(zip(journal["frames"][end], captures[end]), 1):
            if role == "sent" and segment:
                self.sent.append((number, at))
                self.frames[number] = frame
        for number, role in journal["frames"][OTHER[end]]:
            if role not in ("sent", "mirror") and number in arrived:
                self.copies += 1
            if role not in ("sent", "mirror"):
                arrived.setdefault(number, len(arrived))
        times = {}
        for (number, role), (at, segment) in zip(journal["frames"][OTHER[end]], captures[OTHER[end]]):
            if role not in ("sent", "mirror") and segment:
                times.setdefault(number, at)
                self.strangers += number not in self.frames
        self.lost = [number for number, _ in self.sent if number not in arrived]
        self.delays = [times[number] - at for number, at in self.sent if number in times]
        here = {number: segment.octets for (number, role), (_, segment) in zip(journal["frames"][end], captures[end]) if segment}
        self.altered = any(segment and number in here and here[number] != segment.octets
                           for (number, _), (_, segment) in zip(journal["frames"][OTHER[end]], captures[OTHER[end]]))
        self.overtaken, earliest = 0, len(arrived)
        for number, _ in reversed(self.sent):
            if number in arrived:
                self.overtaken += arrived[number] > earliest
                earliest = min(earliest, arrived[number])


def capture_of(folder, name, end):
    """(nanoseconds, the TCP segment or None) of each frame."""
    path = os.path.join(folder, f"{name}.{end}.pcap")
    found = []
    for at, link, octets in packets.read_pcap(path):
        segment = packets.segment_of(octets, link)
        if segment:
            segment.octets = octets[segment.ip:]
        found.append((at, segment))
    return found


def explain(program, folder, name, first="client"):
    path = os.path.join(folder, name)
    done = subprocess.run([program, "explain", f"{path}.{first}.pcap", "--with", f"{path}.{OTHER[first]}.pcap", "--json"],
                          capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def sum_up(comparison, client):
    """One line for each direction, whatever the number of connections: [0] from the client."""
    sums = [defaultdict(int), defaultdict(int)]
    frames, altered, medians = [[], []], [set(), set()], [[], []]
    for connection in comparison["connections"]:
        for way in connection["ways"]:
            index = 0 if way["from"].rsplit(":", 1)[0].strip("[]") == client else 1
            for key in ("sent", "arrived", "lost", "duplicated", "reordered", "cut_anew", "extra", "unjudged"):
                sums[index][key] += way[key]
            frames[index] += [one["frame"] for one in way["lost_frames"]]
            altered[index] |= {one["what"] for one in way["altered"]}
            if way["delay"]["samples"]:
                medians[index].append(way["delay"]["median"])
    return sums, frames, altered, medians


def check(program, folder, name, first="client", exact=True):
    """What is not as it was; an empty list when all is. `exact`: no packets without a mark that tells equal ones apart."""
    with open(os.path.join(folder, name + ".journal.json"), encoding="ascii") as file:
        journal = json.load(file)
    captures = {end: capture_of(folder, name, end) for end in OTHER}
    said = explain(program, folder, name, first)["comparison"]
    sent = (segment for (_, segment), (_, role) in zip(captures["client"], journal["frames"]["client"]) if segment and role == "sent")
    client = next((str(packet.source) for packet in sent), "")
    sums, frames, altered, medians = sum_up(said, client)
    problems = []

    def expect(what, got, wanted):
        if got != wanted:
            problems.append(f"{name} from the {first}: {what}: {got}, it was {wanted}")

    if said["clocks_known"] and abs(said["offset"]) > said["uncertainty"] + 1e-6:
        problems.append(f"{name}: one clock, said to be {said['offset']} s apart")
    for index, end in enumerate(("client", "server")):
        way, got = Way(journal, captures, end), sums[index]
        expect(f"{end}'s lost", got["lost"] + got["unjudged"], len(way.lost))
        expect(f"{end}'s lost that were not lost", sorted(set(frames[index]) - {way.frames[number] for number in way.lost}), [])
        expect(f"{end}'s strangers", got["extra"], way.strangers)
        if not way.altered:
            expect(f"{end}'s altered", sorted(altered[index]), [])
        expect(f"{end}'s cut anew", got["cut_anew"], 0)
        if exact:
            expect(f"{end}'s doubled", got["duplicated"], way.copies)
            expect(f"{end}'s overtaken", got["reordered"], way.overtaken)
        if way.delays and said["clocks_known"] and len(medians[index]) == 1:
            true = statistics.median(way.delays) / SECOND
            if abs(medians[index][0] - true) > abs(said["offset"]) + 0.002:
                problems.append(f"{name}: the {end}'s segments take {medians[index][0]} s, they took {true} s")
    return problems


def main():
    program, folder, *names = sys.argv[1:]
    names = names or sorted(path[:-len(".journal.json")] for path in os.listdir(folder) if path.endswith(".journal.json"))
    problems = []
    for name in names:
        for first in ("client", "server"):
            problems += check(program, folder, name, first)
    print("\n".join(problems) or f"both ends of {len(names)} recordings tell what was done")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
