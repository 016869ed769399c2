"""proof_check.py RECORDER PROGRAM SCENARIOS: what one end can only guess, both ends prove. The simulator's stories are recorded at both ends;
`fourtuple explain --with` has to call what was done by its name, be certain of it, and name frames of both captures, whichever is given
first. A middlebox that lowers the MSS, takes an option away and counts the TTL down is put into the server's capture by hand."""

import json
import os
import struct
import subprocess
import sys
import tempfile

import both_ends
import labels
import packets

# story -> (diagnosis, proof, least confidence), and what must not be said.
PROVEN = {
    "lost-syn": ("syn-retransmitted-then-ok", "syn-lost", 0.95, ("synack-lost", "listen-queue-overflow")),
    "lost-syn-ack": ("synack-lost", "synack-lost", 1, ("syn-retransmitted-then-ok", "listen-queue-overflow")),
    "lost-ack": ("handshake-ack-lost", "ack-lost", 1, ("listen-queue-overflow",)),
    "lost-data": ("loss-fast-recovery", "lost-between", 1, ("reordering", "spurious-retransmission")),
    "tail-loss": ("tail-loss", "lost-between", 1, ("spurious-retransmission",)),
    "repair-lost": ("lost-retransmission", "lost-between", 1, ("spurious-retransmission",)),
    "burst-loss": ("loss-fast-recovery", "lost-between", 1, ()),
    "random-loss": ("loss-random", "lost-between", 1, ()),
    "very-late": ("spurious-retransmission", "arrived-before", 1, ("loss-fast-recovery", "tail-loss", "path-outage")),
    "reordering": ("reordering", "late-order", 1, ("loss-fast-recovery",)),
    "disorder": ("reordering", "late-order", 1, ("loss-fast-recovery",)),
    "doubled": ("network-duplicates", "doubled", 1, ("capture-duplicates",)),
    "outage": ("path-outage", "lost-between", 1, ()),
    "forged-reset": ("rst-injected", "never-sent", 1, ("rst-abortive-close", "rst-unread-data", "half-open-peer-forgot")),
    "blind-reset": ("blind-reset-attempt", "never-sent", 1, ()),
    "reset": ("rst-abortive-close", "was-sent", 0, ("rst-injected",)),
    "refused": ("port-closed", "was-sent", 1, ("reset-by-middlebox",)),
    "damaged": ("checksum-corruption", "damaged", 1, ()),
}
HEALTHY = ("healthy-bulk", "healthy-answer", "four-way-close")


def findings_of(program, folder, name, first):
    said = both_ends.explain(program, folder, name, first)
    return [finding for connection in said["connections"] for finding in connection["findings"]]


def check_story(program, folder, name, expected):
    diagnosis, proof, confidence, never = expected
    problems = []
    for first in labels.ENDS:
        found = findings_of(program, folder, name, first)
        where = f"{name} from the {first}"
        told = [f for f in found if f["id"] == diagnosis]
        proven = [f for f in told if f.get("proof", {}).get("id") == proof]
        if not proven:
            problems.append(f"{where}: no {diagnosis} with the proof {proof} among {[(f['id'], f.get('proof', {}).get('id')) for f in found]}")
            continue
        if any(f["confidence"] < confidence - 1e-6 for f in proven):
            problems.append(f"{where}: {diagnosis} is only {[f['confidence'] for f in proven]} sure")
        if not any(f["frames"] or f["proof"]["frames"] for f in proven):
            problems.append(f"{where}: no frame proves it")
        problems += [f"{where}: {f['id']} is said as well" for f in found if f["id"] in never]
    return problems


def middlebox(octets):
    """The SYN with a smaller MSS and without the permission to send SACK; every packet a few hops on."""
    segment = packets.segment_of(octets, packets.RAW_IP)
    out = bytearray(octets)
    out[segment.ip + (8 if segment.family == 4 else 7)] -= 3
    at, end = segment.tcp + 20, segment.tcp + (out[segment.tcp + 12] >> 4) * 4
    while segment.flags & packets.SYN and at < end and out[at]:
        size = 1 if out[at] == 1 else out[at + 1]
        if out[at] == 2:
            struct.pack_into("!H", out, at + 2, 1300)
        if out[at] == 4:
            out[at:at + 2] = b"\x01\x01"
        at += size
    return packets.with_sums(bytes(out), segment)


def alter(folder, name, new_name):
    """What came to the server passed a middlebox; what the server sent is as it was."""
    frames = {}
    with open(os.path.join(folder, name + ".journal.json"), encoding="ascii") as file:
        roles = json.load(file)["frames"]["server"]
    for end in labels.ENDS:
        frames[end] = [[at, octets] for at, _, octets in packets.read_pcap(os.path.join(folder, f"{name}.{end}.pcap"))]
    for frame, (_, role) in zip(frames["server"], roles):
        if role == "received":
            frame[1] = middlebox(frame[1])
    for end in labels.ENDS:
        with open(os.path.join(folder, f"{new_name}.{end}.pcap"), "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, packets.RAW_IP))
            for at, octets in frames[end]:
                file.write(struct.pack("<IIII", at // 10**9, at % 10**9, len(octets), len(octets)) + octets)


def check_middlebox(program, folder, name):
    alter(folder, name, "altered")
    problems = []
    for first in labels.ENDS:
        found = {f["id"]: f for f in findings_of(program, folder, "altered", first)}
        for diagnosis in ("mss-clamped", "options-stripped"):
            proof = found.get(diagnosis, {}).get("proof", {})
            if proof.get("id") != "altered" or found[diagnosis]["confidence"] != 1 or not found[diagnosis]["frames"] or not proof["frames"]:
                problems.append(f"{name} through a middlebox, from the {first}: {diagnosis} is not proven: {found.get(diagnosis)}")
        ways = both_ends.explain(program, folder, "altered", first)["comparison"]["connections"][0]["ways"]
        altered = sorted({one["what"] for way in ways for one in way["altered"]})
        if altered != ["mss", "sack-permitted"]:
            problems.append(f"{name} through a middlebox: altered are {altered}")
        if sorted(way["hops"] for way in ways) != [0, 3]:
            problems.append(f"{name} through a middlebox: {[way['hops'] for way in ways]} hops")
    return problems


def main():
    recorder, program, scenarios = sys.argv[1:4]
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([recorder, scenarios, folder, *PROVEN, *HEALTHY], check=True)
        for story, expected in PROVEN.items():
            for name in (f"sim-{story}", f"sim-{story}-v6"):
                problems += check_story(program, folder, name, expected)
        for story in HEALTHY:
            for first in labels.ENDS:
                found = findings_of(program, folder, f"sim-{story}", first)
                problems += [f"sim-{story} from the {first}: {f['id']}" for f in found if f["severity"] in ("warning", "error")]
        for name in ("sim-four-way-close", "sim-four-way-close-v6"):
            problems += check_middlebox(program, folder, name)
    print("\n".join(problems) or f"both ends prove what was done in {len(PROVEN)} stories")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
