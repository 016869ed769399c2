"""tidy.py ROOT: what a reader may count on in every file: short, named in snake_case, no tabs, headers that say what they are for."""
import pathlib
import re
import sys

LONGEST = 800  # lines; the aim is 150 and seldom past 400 (STYLE.md)
NAME = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*\.(hpp|cpp)$")


def check_text(path, text):
    lines = text.splitlines()
    problems = []
    if not NAME.match(path.name):
        problems.append(f"{path}: a file's name is snake_case")
    if "\t" in text:
        problems.append(f"{path}:{next(n for n, line in enumerate(lines, 1) if chr(9) in line)}: a tab")
    if text and not text.endswith("\n"):
        problems.append(f"{path}: the last line does not end")
    if path.parts[0] in ("src", "include"):
        if len(lines) > LONGEST:
            problems.append(f"{path}: {len(lines)} lines, more than {LONGEST}: which door is missing?")
        if path.suffix == ".hpp" and not text.startswith("// "):
            problems.append(f"{path}: a header begins with a comment that says what it is for")
    if path.suffix == ".hpp" and "#pragma once" not in text:
        problems.append(f"{path}: no #pragma once")
    return problems


def check_tree(root):
    root = pathlib.Path(root)
    problems = []
    for folder in ("include", "src", "tests", "fuzz", "bench", "examples", "tools"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp"):
                problems += check_text(path.relative_to(root), path.read_text(encoding="utf-8"))
    return problems


if __name__ == "__main__":
    found = check_tree(sys.argv[1])
    print("\n".join(found) or "tidy")
    sys.exit(1 if found else 0)
