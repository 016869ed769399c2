"""both_ends_check.py RECORDER PROGRAM SCENARIOS: the simulator's stories are recorded at both ends, and `fourtuple explain --with` says exactly
what was done to their packets, whichever capture it is given first."""

import os
import subprocess
import sys
import tempfile

import both_ends
import labels

WITHOUT_A_COMMON_PACKET = ("filtered",)


def main():
    recorder, program, scenarios = sys.argv[1:4]
    problems, checked = [], 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([recorder, scenarios, folder], check=True)
        for name in sorted(path[:-len(".journal.json")] for path in os.listdir(folder) if path.endswith(".journal.json")):
            if name.removeprefix("sim-").removesuffix("-v6") in WITHOUT_A_COMMON_PACKET:
                continue
            for first in labels.ENDS:
                problems += both_ends.check(program, folder, name, first)
            checked += 1
    print("\n".join(problems) or f"both ends of {checked} stories tell what was done")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
