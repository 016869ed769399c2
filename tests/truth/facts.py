"""facts.py TELLER FOLDER...: the facts of every capture below the folders, as truth_teller tells them, against `tshark -2`: endpoints,
packets and octets of text each way, SYN, FIN and RST each way, the handshake's time, and which frame belongs to which stream.

Status 77 when tshark is not there. Where we differ on purpose, DIFFERS says why."""

import json
import pathlib
import shutil
import subprocess
import sys

import packets

SKIP = 77
FIELDS = ("frame.number", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.len", "tcp.flags",
          "tcp.analysis.initial_rtt", "frame.time_relative")
# capture's name -> which facts may differ, and why
DIFFERS = {
    "normal.client.be9.pcapng": ({"frames"}, "tshark counts the block that nobody knows as a frame, we count packets"),
}


def captures_in(folders):
    return sorted(str(path) for folder in folders for path in pathlib.Path(folder).rglob("*.pcap*"))


def tshark_facts(path):
    """[stream], frame -> stream"""
    command = ["tshark", "-n", "-2", "-r", path, "-Y", "tcp && !icmp && !icmpv6", "-T", "fields"]
    text = subprocess.run(command + [word for name in FIELDS for word in ("-e", name)], capture_output=True, text=True, check=False).stdout
    streams, frames = {}, {}
    for line in text.splitlines():
        # Of tunnels the innermost addresses count: the last occurrence.
        row = dict(zip(FIELDS, (value.split(",")[-1] for value in line.split("\t"))))
        if not row["tcp.stream"] or not row["tcp.len"]:
            continue  # a header that is not whole
        number = int(row["tcp.stream"])
        frames[int(row["frame.number"])] = number
        stream = streams.setdefault(number, {"sides": {}, "handshake": None})
        source = (row["ip.src"] or row["ipv6.src"], int(row["tcp.srcport"]))
        for end in (source, (row["ip.dst"] or row["ipv6.dst"], int(row["tcp.dstport"]))):
            stream["sides"].setdefault(end, dict.fromkeys(("packets", "text", "syns", "fins", "resets"), 0))
        side, flags = stream["sides"][source], int(row["tcp.flags"], 16)
        side["packets"] += 1
        side["text"] += int(row["tcp.len"])
        for name, bit in (("syns", packets.SYN), ("fins", packets.FIN), ("resets", packets.RST)):
            side[name] += bool(flags & bit)
        if row["tcp.analysis.initial_rtt"]:
            stream["handshake"] = float(row["tcp.analysis.initial_rtt"])
    return [streams[number] for number in sorted(streams)], frames


def our_facts(told):
    streams = []
    for stream in told["streams"]:
        sides = {(side["address"], side["port"]): {key: side[key] for key in ("packets", "text", "syns", "fins", "resets")}
                 for side in stream["sides"]}
        streams.append({"sides": sides, "handshake": stream["handshake"], "first_frame": stream["first_frame"]})
    return streams, {frame: stream for frame, stream, *_ in told["frames"]}


def clean_handshake(stream):
    """One SYN each way: with more of them there are several times to choose from, see docs."""
    return stream["handshake"] is not None and all(side["syns"] == 1 for side in stream["sides"].values())


def compare(told):
    name = pathlib.Path(told["file"]).name
    excused = DIFFERS.get(name, (set(), ""))[0]
    theirs, their_frames = tshark_facts(told["file"])
    ours, our_frames = our_facts(told)
    problems = []
    if len(ours) != len(theirs):
        return [f"{name}: {len(ours)} streams, tshark has {len(theirs)}"]
    if our_frames != their_frames and "frames" not in excused:
        wrong = [f for f in sorted(set(our_frames) | set(their_frames)) if our_frames.get(f) != their_frames.get(f)]
        problems.append(f"{name}: the streams of frames {wrong[:5]} differ: "
                        f"{[(our_frames.get(f), their_frames.get(f)) for f in wrong[:5]]}")
    for number, (our, their) in enumerate(zip(ours, theirs)):
        if our["sides"] != their["sides"]:
            problems.append(f"{name}: stream {number}: {our['sides']}, tshark has {their['sides']}")
        if clean_handshake(their) and (our["handshake"] is None or abs(our["handshake"] - their["handshake"]) > 2e-6):
            problems.append(f"{name}: stream {number}: a handshake of {our['handshake']}, tshark has {their['handshake']}")
    return problems


def main():
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed (package tshark)")
        return SKIP
    captures = captures_in(sys.argv[2:])
    done = subprocess.run([sys.argv[1], *captures], capture_output=True, text=True, check=False)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    problems = [] if done.returncode == 0 else [done.stderr.strip()]
    for one in told:
        problems += compare(one)
    streams = sum(len(one["streams"]) for one in told)
    print("\n".join(problems) or f"the facts of {len(told)} captures, {streams} streams, are tshark's")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
