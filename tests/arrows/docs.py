"""docs.py ROOT [FOURTUPLE] [--write]: the documents keep their promises. Relative links lead somewhere, every `fourtuple lab STORY`
names a story that is there; and, with the program at hand, the manual page lists the options that --help lists and no others, and a
block after `<!-- output of: fourtuple ... -->` is what that command prints (--write puts it there), with the exit status 0 or that of
`<!-- output of (exit 11): fourtuple ... -->`. Commands run at the root."""
import os
import pathlib
import re
import shlex
import subprocess
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
STORY = re.compile(r"(?:fourtuple|\./run) lab ([a-z][a-z0-9-]*)")
SHOWN = re.compile(r"(<!-- output of(?: \(exit (\d+)\))?: fourtuple (.*?) -->\n+```\w*\n)(.*?)(```\n)", re.S)
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]+)")
COMMAND = re.compile(r"^  ([a-z]+) {2,}\S", re.M)  # in the list of --help


def check_links(root, path, text):
    return [f"{path}: the link {target} leads nowhere" for target, _ in LINK.findall(text)
            if "://" not in target and not target.startswith("mailto:") and not (root / path).parent.joinpath(target).exists()]


def check_stories(root, path, text):
    return [f"{path}: there is no story {name} (scenarios/{name}.toml)" for name in STORY.findall(text)
            if not (root / f"scenarios/{name}.toml").exists()]


def check_manual(manual, helps):
    """`manual` and `helps` are texts; the options in them must be the same."""
    plain = re.sub(r"\\f[BIRP]", "", manual).replace("\\-", "-")
    written, real = set(OPTION.findall(plain)), set(OPTION.findall(helps))
    return ([f"docs/man/fourtuple.1: {option} is missing" for option in sorted(real - written)] +
            [f"docs/man/fourtuple.1: {option} is not an option" for option in sorted(written - real)])


def documents(root):
    return sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md")) + sorted((root / "docs").rglob("*.1"))


def run(program, *arguments, root=".", expect=0):
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, encoding="utf-8", env=environment, cwd=root)
    if done.returncode != expect:
        raise SystemExit(f"fourtuple {shlex.join(arguments)}: exit status {done.returncode} and not {expect}: {done.stderr}")
    return done.stdout


def check_shown(root, program, write):
    """Blocks that claim to be a command's output."""
    problems = []
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        fresh = SHOWN.sub(lambda m: m.group(1) + run(program, *shlex.split(m.group(3)), root=root, expect=int(m.group(2) or 0)) +
                          m.group(5), text)
        if fresh != text and write:
            path.write_text(fresh, encoding="utf-8")
        elif fresh != text:
            problems.append(f"{path.relative_to(root)}: a command's output is not what it shows "
                            "(python3 tests/arrows/docs.py . build/release/fourtuple --write)")
    return problems


def check_tree(root):
    root = pathlib.Path(root)
    problems = []
    for path in documents(root):
        text = path.read_text(encoding="utf-8").replace("\\-", "-")
        path = path.relative_to(root)
        problems += check_links(root, path, text) + check_stories(root, path, text)
    return problems


def main():
    root = pathlib.Path(sys.argv[1])
    problems = check_tree(root)
    if len(sys.argv) > 2:
        program = str(pathlib.Path(sys.argv[2]).resolve())
        helps = run(program, "--help")
        helps += "".join(run(program, command, "--help") for command in COMMAND.findall(helps.split("Subcommands:")[1]))
        problems += check_manual((root / "docs/man/fourtuple.1").read_text(encoding="utf-8"), helps)
        problems += check_shown(root, program, "--write" in sys.argv)
    print("\n".join(problems) or "the documents keep their promises")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
