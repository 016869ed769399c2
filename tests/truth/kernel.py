"""kernel.py FOLDER [NAME...]: records the stories of kernel_*.py, several at once, and prints which could not be told.

Needs network namespaces (root, or user namespaces) and /dev/net/tun; exit status 77 where they are not to be had."""

import argparse
import os
import subprocess
import sys
import time

import kernel_closing
import kernel_opening
import kernel_transfer
import network

INSIDE = "FOURTUPLE_TRUTH_INSIDE"


def all_stories():
    told = [story for room in (kernel_opening, kernel_transfer, kernel_closing) for story in room.stories()]
    assert len({story.name for story in told}) == len(told), "a name is there twice"
    return told


def become_root_of_a_namespace():
    """Root may make namespaces; anybody else needs a user namespace first."""
    if os.geteuid() == 0 or os.environ.get(INSIDE):
        return
    os.execvpe("unshare", ["unshare", "-Urn", sys.executable] + sys.argv, {**os.environ, INSIDE: "1"})


def record_all(folder, names, at_once):
    waiting, running, failed = list(names), {}, []
    while waiting or running:
        while waiting and len(running) < at_once:
            name = waiting.pop(0)
            log = open(os.path.join(folder, name + ".log"), "w", encoding="utf-8")  # pylint: disable=consider-using-with
            running[name] = subprocess.Popen([sys.executable, __file__, folder, "--one", name], stdout=log, stderr=log)
        time.sleep(0.05)
        for name, process in list(running.items()):
            status = process.poll()
            if status is None:
                continue
            del running[name]
            if status == network.SKIP:
                print(open(os.path.join(folder, name + ".log"), encoding="utf-8").read(), end="")
                sys.exit(network.SKIP)
            if status:
                failed.append(name)
            print(f"{'recorded' if status == 0 else 'NOT TOLD'} {name}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser(description="records stories with the kernel at both ends")
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--one", help="in this process")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    become_root_of_a_namespace()
    told = {story.name: story for story in all_stories()}
    if arguments.list:
        for story in told.values():
            print(f"{story.name:24} {story.cause}")
        return 0
    os.makedirs(arguments.folder, exist_ok=True)
    if arguments.one:
        return 0 if network.record(arguments.folder, told[arguments.one]) else 1
    unknown = set(arguments.names) - set(told)
    if unknown:
        parser.error("no such story: " + ", ".join(sorted(unknown)))
    # Long ones first, so that nobody waits for them at the end.
    names = sorted(arguments.names or told, key=lambda name: -told[name].until)
    failed = record_all(arguments.folder, names, arguments.at_once)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
