"""filters.py FOURTUPLE CAPTURES LIST: display filters let the same packets through here and in tshark, and what is an error there is one
here. The list has a capture's name in brackets and below it a filter a line. Answers 77 where there is no tshark."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import many_protocols

SKIPPED = 77


def read_list(text):
    """Pairs of capture and filter."""
    capture = None
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            capture = line[1:-1]
        elif line.strip() and not line.startswith("# "):
            yield capture, line


def frames_of(command):
    """The numbers that the command prints; None when it calls the filter wrong."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        return None, done.stderr
    return [int(word) for word in done.stdout.split()], done.stderr


def shown(frames):
    return "an error" if frames is None else f"{len(frames)} packets {frames[:12]}"


def main():
    program, captures, listing = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    tshark = shutil.which("tshark")
    if tshark is None:
        print("there is no tshark to compare with")
        return SKIPPED
    different = total = 0
    with tempfile.TemporaryDirectory() as folder:
        many = pathlib.Path(folder) / "many_protocols.pcapng"
        many_protocols.write(many)
        for capture, text in read_list(listing.read_text(encoding="utf-8")):
            path = many if capture == "many_protocols" else captures / capture
            total += 1
            ours, said = frames_of([program, "packets", str(path), "-Y", text, "-T", "fields", "-e", "frame.number"])
            theirs, _ = frames_of([tshark, "-n", "-2", "-r", str(path), "-Y", text, "-T", "fields", "-e", "frame.number"])
            if ours != theirs:
                different += 1
                print(f"{capture}: {text}\n  tshark: {shown(theirs)}\n  ours: {shown(ours)}")
                if ours is None:
                    print("  " + said.replace("\n", "\n  "))
    print(f"{total} filters, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
