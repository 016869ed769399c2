"""selftest.py RECORDER SCENARIOS: the truth of stories that anybody can follow by hand is what it must be, and a judge who is told
something else notices."""

import subprocess
import sys
import tempfile
from collections import Counter

import judge
import labels

# story -> what is not original: at the client's end, at the server's end
KNOWN = {
    "handshake": ({}, {}),
    "lost-syn": ({"retransmission": 1}, {"retransmission": 1}),
    "lost-syn-ack": ({"needless": 1, "retransmission": 1}, {"needless": 1, "retransmission": 1}),
    "lost-ack": ({"needless": 1}, {"needless": 1}),
    "lost-data": ({"retransmission": 1}, {"retransmission": 1}),
    "tail-loss": ({"retransmission": 1}, {"retransmission": 1}),
    "reordering": ({}, {"reordered": 1}),
    "blind-reset": ({}, {"injected": 2}),
    "simultaneous-open": ({}, {}),
    "never-reads": ({"probe": 8}, {"probe": 8}),
    "keepalive": ({"keep-alive": 4}, {"keep-alive": 1}),
    "refused": ({}, {}),
}


class Liar:
    """Calls everything original, and every capture complete."""
    name = "liar"

    def labels(self, _):
        return {frame: "original" for frame in range(1, 100_000)}, {}

    def findings(self, _):
        return [("complete", "info", [])]


def main():
    problems = []
    liar = judge.Judge(Liar())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], sys.argv[2], folder, *KNOWN], check=True)
        for story, expected in KNOWN.items():
            for name in (f"sim-{story}", f"sim-{story}-v6"):
                journal, truths = labels.truth_of(folder, name)
                liar.hear(folder, name, journal, truths)
                for end, wanted in zip(labels.ENDS, expected):
                    got = dict(Counter(frame.label for frame in truths[end] if frame.label not in ("original", "")))
                    if got != wanted:
                        problems.append(f"{name}.{end}: {got}, expected {wanted}")
    for key in ("sender", "needless", "reordered", "probes", "injected", "diagnosis"):
        measure = liar.measures[key]
        if measure.total == 0 or measure.hit:
            problems.append(f"a liar gets {measure.hit} of {measure.total} in: {measure.what}")
    for key in ("originals", "quiet"):
        if liar.measures[key].share != 100:
            problems.append(f"even a liar is right about: {liar.measures[key].what}")
    print("\n".join(problems) or f"the truth of {2 * len(KNOWN)} stories is what it must be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
