"""completion.py SHELL FOURTUPLE FOLDER: the completion of bash, zsh or fish, asked by pressing the key. Each case is what somebody types, a
TAB, perhaps more, and the words that the shell then has on its line. FOLDER becomes the working directory, so that files can be
completed. Answers 77 where there is no such shell."""
import os
import pathlib
import pty
import re
import select
import shutil
import sys
import tempfile
import time

SKIPPED = 77
PATIENCE = 20  # seconds, on a busy machine
QUIET = (0.4, 1.5, 5.0)  # seconds without a sign: the shell has drawn all. A busy machine makes it pause, so a case may be tried again

# Typed, what is typed after the TAB, and the line's words behind "fourtuple".
CASES = [
    ("pack", "", ["packets"]),
    ("explain --json --fl", "", ["explain", "--json", "--flow"]),
    ("packets one.p", "", ["packets", "one.pcapng"]),
    ("packets one.pcapng -Y tcp.flags.sy", "", ["packets", "one.pcapng", "-Y", "tcp.flags.syn"]),
    ("packets one.pcapng -Y 'tcp.port == 80 && tcp.flags.sy", " == 1'",
     ["packets", "one.pcapng", "-Y", "tcp.port == 80 && tcp.flags.syn == 1"]),
    ('packets one.pcapng -Y "not tcp.flags.sy', '"', ["packets", "one.pcapng", "-Y", "not tcp.flags.syn"]),
    ("packets one.pcapng -T fields -e frame.numb", "", ["packets", "one.pcapng", "-T", "fields", "-e", "frame.number"]),
    ("explain one.pcapng --lan", "", ["explain", "one.pcapng", "--lang"]),
    ("explain one.pcapng --lang z", "", ["explain", "one.pcapng", "--lang", "zh"]),
    ("explain one.pcapng --lang=z", "", ["explain", "one.pcapng", "--lang=zh"]),
    ("packets one.pcapng -T fie", "", ["packets", "one.pcapng", "-T", "fields"]),
    ("lab lost-syn-a", "", ["lab", "lost-syn-ack"]),
    ("completion fi", "", ["completion", "fish"]),
]


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command, folder, environment):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.heard = ""

    def type(self, text):
        os.write(self.file, text.encode())

    def expect(self, pattern):
        """Waits for it, and gives what matched; what was heard up to it is forgotten."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = re.search(pattern, self.heard)
            if found:
                self.heard = self.heard[found.end():]
                return found
            if select.select([self.file], [], [], 0.1)[0]:
                self.heard += os.read(self.file, 65536).decode(errors="replace").replace("\r", "")
        raise TimeoutError(f"{pattern!r} did not come, but {self.heard!r}")

    def settle(self, quiet):
        """Until the shell has nothing more to draw."""
        while select.select([self.file], [], [], quiet)[0]:
            self.heard += os.read(self.file, 65536).decode(errors="replace").replace("\r", "")

    def close(self):
        os.close(self.file)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def words_on_line(terminal, typed, more, quiet):
    """What `typed`, TAB and `more` leave on the line, as the shell splits it."""
    terminal.type("fourtuple " + typed)
    terminal.settle(quiet)
    terminal.type("\t")
    terminal.settle(quiet)
    terminal.heard = ""
    terminal.type(more + "\x01" + "show " + "\n")  # to the line's beginning: another command, which says its words
    lines = terminal.expect(r"\nBEGIN\n((?:.*\n)*?)END\n")
    return lines[1].split("\n")[1:-1]


SHOW = "show() { printf 'BEGIN\\n'; printf '%s\\n' \"$@\"; printf 'END\\n'; }\n"
FISH_SHOW = "function show; printf 'BEGIN\\n'; printf '%s\\n' $argv; printf 'END\\n'; end\n"
ZSH = "bindkey -e; autoload -Uz compinit; "

# How each shell is started, and how it learns the words; zsh in both ways that the help tells.
SHELLS = {
    "bash": [(["--noprofile", "--norc", "-i"], SHOW + "source <(fourtuple completion bash)")],
    "zsh": [(["-f", "-i"], SHOW + ZSH + "compinit -u -D; source <(fourtuple completion zsh)"),
            (["-f", "-i"], SHOW + ZSH + "fourtuple completion zsh > _fourtuple; fpath=($PWD $fpath); compinit -u -D")],
    "fish": [(["--no-config", "-i"], FISH_SHOW + "fourtuple completion fish | source")],
}


def press(command, setup, folder, environment):
    """How many cases went wrong."""
    failures = 0
    terminal = Terminal(command, folder, environment)
    try:
        terminal.type(setup + "\nprintf 'rea%s\\n' dy\n")
        terminal.expect("ready\n")
        for typed, more, wanted in CASES:
            for quiet in QUIET:
                got = words_on_line(terminal, typed, more, quiet)
                if got == wanted:
                    break
            else:
                failures += 1
                print(f"fourtuple {typed}<TAB>{more}\n  wanted: {wanted}\n  got: {got}")
    finally:
        terminal.close()
    return failures


def main():
    shell, program, captures = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3])
    found = shutil.which(shell)
    if found is None:
        print(f"there is no {shell} here")
        return SKIPPED
    failures = 0
    for arguments, setup in SHELLS[shell]:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(captures / "normal.client.pcap", pathlib.Path(folder) / "one.pcapng")
            environment = {"PATH": f"{program.parent}:/usr/bin:/bin", "HOME": folder, "TERM": "dumb", "LC_ALL": "C.UTF-8", "PS1": "$ ",
                           "COLUMNS": "200"}
            failures += press([found, *arguments], setup, folder, environment)
    print(f"{len(CASES) * len(SHELLS[shell])} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
