"""discover_tests.py PROGRAM PREFIX LABEL TIMEOUT EVIDENCE OUT: writes the CTest file with one test for each TEST_CASE of PROGRAM.

Each is told by FT_EVIDENCE where to write what it proved (tests/covers.hpp), and the check of the evidence waits for it.
doctest brings a CMake script for this, but it splits names at semicolons and lets a test pass that ran no case.
"""
import subprocess
import sys


def bracket(text):
    level = ""
    while f"]{level}]" in text:
        level += "="
    return f"[{level}[{text}]{level}]" if not text.endswith("]") else f"[{level}=[{text}]{level}=]"


def main():
    program, prefix, label, timeout, evidence, out = sys.argv[1:]
    listing = subprocess.run([program, "--list-test-cases", "--no-colors"], capture_output=True, text=True)
    if listing.returncode != 0:
        sys.exit(f"{program} --list-test-cases failed:\n{listing.stdout}{listing.stderr}")
    names = [line for line in listing.stdout.splitlines() if line and not line.startswith(("[doctest]", "====="))]
    lines = []
    for name in names:
        if names.count(name) > 1:
            sys.exit(f"{program}: two test cases are named '{name}'; each name must say what only it proves")
        test = bracket(f"{prefix}: {name}")
        chosen = name.replace("\\", "\\\\").replace(",", "\\,")
        lines.append(f"add_test({test} {bracket(program)} {bracket('--test-case=' + chosen)} --no-colors)")
        lines.append(f"set_tests_properties({test} PROPERTIES LABELS {label} TIMEOUT {timeout} FIXTURES_REQUIRED evidence "
                     f'ENVIRONMENT {bracket("FT_EVIDENCE=" + evidence)} '
                     f'FAIL_REGULAR_EXPRESSION "test cases: +0 [|]")')
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


main()
