"""Holds what an analyser says about recordings against their truth: ours by `fourtuple packets` and `fourtuple explain --json`, and
tshark by its tcp.analysis fields."""

import functools
import json
import os
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass, field

import labels

REPEATS = ("retransmission", "needless")
DOUBLES = ("network-duplicate", "capture-duplicate")
ANALYSIS = {"tcp.analysis.spurious_retransmission": "needless", "tcp.analysis.fast_retransmission": "retransmission",
            "tcp.analysis.retransmission": "retransmission", "tcp.analysis.out_of_order": "reordered",
            "tcp.analysis.keep_alive": "keep-alive", "tcp.analysis.zero_window_probe": "probe"}


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode not in (0, 1) or done.returncode and not done.stdout:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()[:300]}")
    return done.stdout


def rows_of(text):
    return [line.split("\t") for line in text.splitlines()]


class Fourtuple:
    name = "fourtuple"

    def __init__(self, program):
        self.program = program

    def labels(self, capture):
        """frame -> label; and frame -> cause"""
        text = run([self.program, "packets", capture, "-T", "fields", "-e", "frame.number", "-e", "conn.label", "-e", "conn.cause"])
        rows = rows_of(text)
        return {int(row[0]): row[1] for row in rows if len(row) > 1}, {int(row[0]): row[2] for row in rows if len(row) > 2}

    def findings(self, capture):
        """[(id, severity, frames)]"""
        told = json.loads(run([self.program, "explain", capture, "--json"]))
        everything = list(told.get("findings", []))
        for connection in told.get("connections", []):
            everything += connection.get("findings", [])
        return [(finding["id"], finding["severity"], finding.get("frames", [])) for finding in everything]


class Teller:
    """The analyser without the program around it: tests/truth/teller.cpp."""
    name = "fourtuple"

    def __init__(self, program):
        self.program = program

    @functools.lru_cache(1)  # pylint: disable=method-cache-max-size-none
    def tell(self, capture):
        return json.loads(run([self.program, capture]))

    def labels(self, capture):
        frames = self.tell(capture)["frames"]
        return {frame: label for frame, _, label, _ in frames}, {frame: cause for frame, _, _, cause in frames}

    def findings(self, capture):
        told = self.tell(capture)
        everything = told["findings"] + [finding for stream in told["streams"] for finding in stream["findings"]]
        return [(finding["id"], finding["severity"], finding["frames"]) for finding in everything]


class Tshark:
    name = "tshark"

    def __init__(self, program="tshark"):
        self.program = program

    def labels(self, capture):
        fields = [word for name in ANALYSIS for word in ("-e", name)]
        text = run([self.program, "-n", "-2", "-r", capture, "-T", "fields", "-e", "frame.number", *fields])
        got = {}
        for row in rows_of(text):
            names = [label for value, label in zip(row[1:], ANALYSIS.values()) if value]
            got[int(row[0])] = names[0] if names else "original"
        return got, {}

    def findings(self, _):
        return []


@dataclass
class Measure:
    what: str
    hit: int = 0
    total: int = 0
    misses: list = field(default_factory=list)

    def count(self, is_hit, miss):
        self.total += 1
        self.hit += bool(is_hit)
        if not is_hit:
            self.misses.append(miss)

    @property
    def share(self):
        return 100 * self.hit / self.total if self.total else None


MEASURES = {
    "sender": "retransmissions recognised at the sender",
    "repairs": "repairs recognised at the receiver",
    "needless": "needless ones, where the capture proves it",
    "reordered": "reordering recognised at the receiver",
    "duplicates": "duplicates of the network and of the capture",
    "probes": "probes of a shut window, keep-alives",
    "injected": "forged segments",
    "originals": "originals called originals",
    "diagnosis": "captures with the right diagnosis",
    "quiet": "healthy captures without a warning",
    "claims": "captures without a wrong warning",
}


def what_happened(journal, truths):
    """Diagnoses that the truth of the frames bears out, whatever the story is about."""
    right = set()
    for note in journal["packets"]:
        if note.get("lost") or note.get("corrupted"):
            right |= {"loss-fast-recovery", "tail-loss", "loss-random", "rto-backoff"}
    for frame in truths["client"] + truths["server"]:
        if frame.label == "needless":
            right.add("spurious-retransmission")
        elif frame.label == "reordered":
            right.add("reordering")
        elif frame.label in DOUBLES:
            right.add(frame.label + "s")
        elif frame.label == "retransmission" and frame.own and frame.lost:
            right.add("lost-retransmission")
        elif frame.label == "probe":
            right.add("zero-window-recovered")
    return right


class Judge:
    """Counts over many captures; one for each analyser."""

    def __init__(self, analyser):
        self.analyser = analyser
        self.measures = {key: Measure(what) for key, what in MEASURES.items()}
        self.confusion = Counter()
        self.counting = threading.Lock()  # captures are heard side by side

    def hear(self, folder, name, journal, truths):
        happened = what_happened(journal, truths)
        for end in labels.ENDS:
            if truths[end]:
                capture = os.path.join(folder, f"{name}.{end}.pcap")
                said = self.analyser.labels(capture) if journal.get("labels", True) else None
                found = self.analyser.findings(capture) if self.analyser.name != "tshark" else None
                with self.counting:
                    if said is not None:
                        self.judge_labels(f"{name}.{end}", truths[end], *said)
                    if found is not None:
                        self.judge_findings(f"{name}.{end}", journal, end, found, happened)

    def judge_labels(self, where, truths, got, _):
        for truth in truths:
            said = got.get(truth.frame, "")
            if not truth.label:
                continue
            miss = {"capture": where, "frame": truth.frame, "expected": truth.label, "got": said, "own": truth.own, "of": truth.of,
                    "cause": truth.cause}
            self.confusion[(truth.label, said)] += 1
            for key, is_hit in self.held_against(truth, said):
                self.measures[key].count(is_hit, miss)

    @staticmethod
    def held_against(truth, said):
        """(measure, hit) for each measure that this frame counts for."""
        if truth.label in REPEATS:
            if truth.own:
                yield "sender", said in REPEATS
            elif truth.label == "retransmission" and truth.evidence:
                yield "repairs", said == "retransmission"
            if truth.label == "needless" and truth.evidence:
                yield "needless", said == "needless"
        elif truth.label == "reordered" and truth.evidence:
            yield "reordered", said == "reordered"
        elif truth.label in DOUBLES:
            if truth.evidence:
                yield "duplicates", said == truth.label
        elif truth.label in ("probe", "keep-alive"):
            yield "probes", said == truth.label
        elif truth.label == "injected":
            yield "injected", said == "injected"
        elif truth.label == "original":
            yield "originals", said == "original"

    def judge_findings(self, where, journal, end, findings, happened):
        grave = sorted({(name, severity) for name, severity, _ in findings if severity in ("warning", "error")})
        found = {name for name, _, _ in findings}
        wanted = journal["finds"].get(end)
        if end in journal["judged"] and wanted:
            missing = [name for name in wanted if name not in found]
            self.measures["diagnosis"].count(not missing, {"capture": where, "expected": missing, "got": sorted(found)})
        if journal["healthy"] or (wanted == [] and end in journal["judged"]):
            self.measures["quiet"].count(not grave, {"capture": where, "expected": [], "got": grave})
        elif end in journal["judged"]:
            right = set(journal["finds"].get(end, [])) | set(journal["may"]) | happened
            wrong = [name for name, _ in grave if name not in right]
            self.measures["claims"].count(not wrong, {"capture": where, "expected": sorted(right), "got": wrong})
