#!/usr/bin/env python3
"""Plays packetdrill scripts against fourtuple-packetdrill.so and counts what passes, per directory.

  tools/packetdrill_scripts.py --packetdrill PATH --library build/release/fourtuple-packetdrill.so DIRECTORY...

A script's shell commands would change the settings of this machine. They are not run: what they set by sysctl becomes --so_flags,
and the rest is left out. Options: --family 4, 6 or mapped (more than once; all three unless told); --flags NAME=VALUE,...;
--show prints what packetdrill said about each failure; --list prints every script with its result; --only WORD.
"""
import argparse
import collections
import os
import re
import shlex
import subprocess
import sys
import tempfile

FAMILIES = {"4": "ipv4", "6": "ipv6", "mapped": "ipv4-mapped-ipv6"}
# The addresses and words that public scripts take for granted. The MTU of IPv6 makes room for 1460 octets in both families.
ADDRESSES_V4 = ["--local_ip=192.168.0.1", "--remote_ip=192.0.2.1"]
V4 = ["-D", "CODE=host_unreachable", "-D", "TFO_COOKIE=3021b9d889017eeb",
      "-D", "TFO_COOKIE_ZERO=b7c12350a90dc8f5"]
ADDRESSES_V6 = ["--local_ip=fd3d:0a0b:17d6::1", "--remote_ip=fd3d:fa7b:d17d::1"]
V6 = ["-D", "CODE=address_unreachable",
      "-D", "TFO_COOKIE=c1d1e9742a47a9bc", "-D", "TFO_COOKIE_ZERO=82af1a8f9a205c34"]
ON_V4 = ["-D", "CMSG_LEVEL_IP=SOL_IP", "-D", "CMSG_TYPE_RECVERR=IP_RECVERR"]
ON_V6 = ["-D", "CMSG_LEVEL_IP=SOL_IPV6", "-D", "CMSG_TYPE_RECVERR=IPV6_RECVERR"]
WORDS = {"4": V4 + ON_V4, "6": V6 + ON_V6, "mapped": V4 + ON_V6}
OWN_ADDRESS = re.compile(r"^(--(?:local|remote)_ip)=(\S+)", re.M)
SHELL = re.compile(r"`[^`]*`", re.S)
TIMED_SHELL = re.compile(r"^[ \t]*[+*]?[0-9.~+]+[ \t]*`[^`]*`[ \t]*$", re.S | re.M)
SETTING = re.compile(r"^(?:/proc/sys/)?net[./]ipv[46][./]([a-z0-9_]+)=(.*)$", re.S)


def strip_comments(text):
    return re.sub(r"^\s*//.*$", "", text, flags=re.M)


def settings_of(command, folder, depth=0):
    """The sysctls that a shell command sets, in order."""
    found = []
    for line in command.replace("\\\n", " ").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        for word in words:
            setting = SETTING.match(word)
            if setting:
                found.append((setting.group(1), setting.group(2)))
            elif word.endswith(".sh") and depth < 3:
                path = os.path.join(folder, word)
                if os.path.exists(path):
                    with open(path) as file:
                        found += settings_of(file.read(), os.path.dirname(path), depth + 1)
    return found


def prepare(path):
    """The script without its shell commands, and the flags that stand for them."""
    with open(path) as file:
        text = strip_comments(file.read())
    folder = os.path.dirname(path)
    settings = collections.OrderedDict()
    for command in SHELL.findall(text):
        for name, value in settings_of(command.strip("`"), folder):
            value = re.sub(r"\$\(\(([\d*+ ]+)\)\)", lambda m: str(eval(m.group(1))), value)  # digits, * and + only
            settings[name] = value.replace(",", " ")
    text = TIMED_SHELL.sub("", text)
    text = SHELL.sub("", text)
    return text, settings


def play(arguments, path, family):
    text, settings = prepare(path)
    if family == "6":
        settings.setdefault("mtu", "1520")
    # Addresses that a script names itself count, where they are of the family.
    addresses = dict(a.split("=") for a in (ADDRESSES_V6 if family == "6" else ADDRESSES_V4))
    for option, value in OWN_ADDRESS.findall(text):
        if (":" in value) == (family == "6"):
            addresses[option] = value
    settings["local"] = addresses["--local_ip"]
    flags = ",".join(f"{name}={value}" for name, value in settings.items())
    if arguments.flags:
        flags = f"{flags},{arguments.flags}" if flags else arguments.flags
    with tempfile.NamedTemporaryFile("w", suffix=".pkt") as copy:
        copy.write(text)
        copy.flush()
        library = os.path.abspath(arguments.library)
        command = [arguments.packetdrill, f"--so_filename={library}", f"--so_flags={flags}", "--tolerance_percent=0",
                   f"--ip_version={FAMILIES[family]}", *(f"{o}={v}" for o, v in addresses.items()), *WORDS[family],
                   copy.name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=arguments.timeout,
                                  env=dict(os.environ, LD_PRELOAD=library), cwd=os.path.dirname(os.path.abspath(path)))
        except subprocess.TimeoutExpired:
            return False, "did not end"
        said = (done.stderr + done.stdout).replace(copy.name, os.path.basename(path))
        return done.returncode == 0, said.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packetdrill", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--family", action="append", choices=FAMILIES)
    parser.add_argument("--flags", default="")
    parser.add_argument("--timeout", type=float, default=20, help="seconds of real time for one script")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("directory", nargs="+")
    arguments = parser.parse_args()

    scripts = []
    for directory in arguments.directory:
        if os.path.isfile(directory):
            scripts.append((os.path.dirname(directory), directory))
        for folder, _, names in sorted(os.walk(directory)):
            scripts += [(directory, os.path.join(folder, name)) for name in sorted(names) if name.endswith(".pkt")]
    scripts = [(root, path) for root, path in scripts if arguments.only in path]
    families = arguments.family or list(FAMILIES)
    passed = collections.Counter()
    totals = collections.Counter()
    for root, path in scripts:
        folder = os.path.relpath(os.path.dirname(path), root)
        totals[folder] += 1
        for family in families:
            good, said = play(arguments, path, family)
            passed[folder, family] += good
            if arguments.list or (arguments.show and not good):
                print(f"{'pass' if good else 'FAIL'} {family:6} {os.path.relpath(path, root)}")
            if arguments.show and not good:
                print("    " + "\n    ".join(said.splitlines()[:12]))
    print("| directory | scripts | " + " | ".join(FAMILIES[f] for f in families) + " |")
    print("|---|---|" + "---|" * len(families))
    for folder in sorted(totals):
        print(f"| {folder} | {totals[folder]} | " + " | ".join(str(passed[folder, f]) for f in families) + " |")
    print(f"| all | {len(scripts)} | " + " | ".join(str(sum(passed[d, f] for d in totals)) for f in families) + " |")
    return 0 if scripts else 1


if __name__ == "__main__":
    sys.exit(main())
