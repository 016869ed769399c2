"""docs.py ROOT [FOURTUPLE]: the documents keep their promises. Relative links lead somewhere, every `fourtuple lab STORY` names a
story that is there, and (with the program at hand) the manual page lists the options that --help lists, and no others."""
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
STORY = re.compile(r"(?:fourtuple|\./run) lab ([a-z][a-z0-9-]*)")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]+)")
COMMANDS = ("lab", "listen", "connect")


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


def check_tree(root):
    root = pathlib.Path(root)
    problems = []
    for path in sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md")) + sorted((root / "docs").rglob("*.1")):
        text = path.read_text(encoding="utf-8").replace("\\-", "-")
        path = path.relative_to(root)
        problems += check_links(root, path, text) + check_stories(root, path, text)
    return problems


def main():
    problems = check_tree(sys.argv[1])
    if len(sys.argv) > 2:
        calls = [["--help"]] + [[command, "--help"] for command in COMMANDS]
        helps = "".join(subprocess.run([sys.argv[2], *call], capture_output=True, text=True, check=True).stdout for call in calls)
        problems += check_manual(pathlib.Path(sys.argv[1], "docs/man/fourtuple.1").read_text(encoding="utf-8"), helps)
    print("\n".join(problems) or "the documents keep their promises")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
