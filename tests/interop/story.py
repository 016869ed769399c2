"""Plays one story against this machine's kernel, over both families: story.py FOURTUPLE STORY ROLE

No namespace is made here: `fourtuple lab --peer kernel` makes its own.
"""

import subprocess
import sys
import tempfile

SKIP = 77

# A story runs in real time: a machine that is busy elsewhere may spoil it once, hardly three times in a row.
ATTEMPTS = 3


def play(program, story, role, family):
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as capture:
        command = [program, "lab", story, "--peer", "kernel", "--role", role, "--pcap", capture.name, *family]
        done = subprocess.run(command, capture_output=True, text=True, timeout=18, check=False)
        if done.returncode == 1 and ("cannot make a network namespace" in done.stderr or "/dev/net/tun" in done.stderr):
            print("cannot run here:", done.stderr.strip())
            sys.exit(SKIP)
        if done.returncode == 0:
            assert len(capture.read()) > 500, "the capture holds the story's packets"
        return done


arguments = sys.argv[1:]
for ipv6 in ([], ["--ipv6"]):
    for attempt in range(1, ATTEMPTS + 1):
        last = play(*arguments, ipv6)
        if last.returncode == 0:
            break
        print(last.stdout, last.stderr)
    else:
        sys.exit(1)
    print(f"passed: {' '.join(arguments[1:])} over {'IPv6' if ipv6 else 'IPv4'} at attempt {attempt}")
