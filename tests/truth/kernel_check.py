"""kernel_check.py TELLER PROGRAM: three of the kernel's stories are recorded; what was done to the packets is in the truth, the analyser
sees it at one end, and `explain --with` tells it from both. Status 77 where network namespaces are not to be had."""

import os
import subprocess
import sys
import tempfile
from collections import Counter

import both_ends
import judge
import labels
import network

# story -> end, label, at least so many frames
EXPECTED = {"three_lost_v4": ("client", "retransmission", 3), "late_ones_v4": ("server", "reordered", 10),
            "doubled_v4": ("server", "network-duplicate", 4)}


def main():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel.py"), folder, *EXPECTED],
                              capture_output=True, text=True, check=False)
        if done.returncode == network.SKIP:
            print(done.stdout)
            return network.SKIP
        problems = [] if done.returncode == 0 else [done.stdout + done.stderr]
        ours = judge.Judge(judge.Teller(sys.argv[1]))
        for name, (end, label, least) in EXPECTED.items():
            journal, truths = labels.truth_of(folder, name)
            ours.hear(folder, name, journal, truths)
            count = Counter(frame.label for frame in truths[end])[label]
            if count < least:
                problems.append(f"{name}.{end}: {count} frames are {label}, {least} at least were expected")
            for first in labels.ENDS:
                problems += both_ends.check(sys.argv[2], folder, name, first)
    for key, least in (("sender", 99), ("duplicates", 95), ("reordered", 80), ("originals", 99)):
        measure = ours.measures[key]
        if measure.share is not None and measure.share < least:
            problems.append(f"{measure.what}: {measure.hit} of {measure.total}: {measure.misses[:5]}")
    print("\n".join(problems) or "recorded, labelled and recognised")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
