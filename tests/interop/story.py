"""Plays one story against this machine's kernel, over both families: story.py FOURTUPLE STORY ROLE

No namespace is made here: `fourtuple lab --peer kernel` makes its own.
"""

import subprocess
import sys
import tempfile

SKIP = 77

program, story, role = sys.argv[1:]
for family in ([], ["--ipv6"]):
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as capture:
        command = [program, "lab", story, "--peer", "kernel", "--role", role, "--pcap", capture.name, *family]
        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
        if done.returncode == 1 and ("cannot make a network namespace" in done.stderr or "/dev/net/tun" in done.stderr):
            print("cannot run here:", done.stderr.strip())
            sys.exit(SKIP)
        if done.returncode != 0:
            print(done.stdout, done.stderr)
            sys.exit(1)
        assert len(capture.read()) > 500, "the capture holds the story's packets"
    print(f"passed: {story} as {role} over {'IPv6' if family else 'IPv4'}")
