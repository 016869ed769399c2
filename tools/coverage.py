#!/usr/bin/env python3
"""coverage.py ROOT [--write] [--log FILE --cases FILE...]: the evidence for every requirement, followed from spec/ to code and tests.

Reads the registers spec/rfcNNNN.csv and spec/exceptions.csv, the citations `//= rfc9293 MUST-16` in src/ and include/, and what the
tests claim with FT_COVERS("rfc9293 MUST-16") or, in Python, covers("rfc9293 MUST-16"). It fails on an identifier that no register
has, on a MUST that has neither a test nor a reasoned exception, on an exception that is not needed, and when spec/COVERAGE.md or
spec/elsewhere.csv is not what it would write (--write writes them).

--log FILE is what the tests that ran left behind (tests/evidence_listener.cpp), --cases the lists of all test cases
(tools/discover_tests.py): then a claim must have been executed, and a MUST needs a test that passed. When only some tests ran it says so
and answers 77.
"""
import argparse
import collections
import csv
import io
import pathlib
import re
import sys

SKIP = 77
IDENTIFIER = re.compile(r"rfc\d+ [\w.-]+$")
CITATION = re.compile(r"^\s*//=\s*(.*?)\s*$")
CASE = re.compile(r'\b(?:[A-Z]+_)*CASE\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)|\bFT_COVERS\(([^)]*)\)')
PYTHON = re.compile(r"^def (\w+)|\bcovers\(([^)]*)\)", re.M)
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')
FUNCTION = re.compile(r"^ {0,4}(?!return|else|if|for|while|switch|case|throw|co_)[A-Za-z_].*?([\w~]+(?:::[\w~]+)*)\s*\(")
DISCOVERED = re.compile(r"--test-case=(.*?)\](=*)\] --no-colors\)$", re.M)

Requirement = collections.namedtuple("Requirement", "key rfc id level section text")
Claim = collections.namedtuple("Claim", "key file case line")


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_registers(root):
    """Every requirement in the order of the registers, and what is wrong with them."""
    found, problems = {}, []
    for path in sorted((root / "spec").glob("rfc*.csv"), key=lambda path: int(path.stem[3:])):
        for row in read_csv(path):
            entry = Requirement(f"{path.stem} {row['id']}", path.stem, row["id"], row["level"], row["section"], row["requirement"])
            if entry.key in found:
                problems.append(f"spec/{path.name}: {row['id']} is there twice")
            if entry.level not in ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "RECOMMENDED") or not entry.text:
                problems.append(f"spec/{path.name}: {row['id']} needs a level of RFC 2119 and a text")
            found[entry.key] = entry
    return found, problems


def read_exceptions(root):
    return {f"{row['rfc']} {row['id']}": row["reason"] for row in read_csv(root / "spec/exceptions.csv")}


def function_around(lines, index):
    """The function that the line belongs to or that begins right below it; "" when there is none."""
    below = index
    while below < len(lines) and lines[below].lstrip().startswith("//"):
        below += 1
    indent = len(lines[index]) - len(lines[index].lstrip())
    if below < len(lines) and indent <= 2:
        begins = FUNCTION.match(lines[below])
        if begins and not lines[below].rstrip().endswith(";"):
            return begins.group(1)
    for line in reversed(lines[:index]):
        begins = FUNCTION.match(line)
        if begins and len(line) - len(line.lstrip()) < max(indent, 1) and line.rstrip().endswith(("{", ",", "(")):
            return begins.group(1)
        if line.startswith("}"):
            return ""
    return ""


def read_citations(root):
    """key -> places in code, as "file" or "file function"."""
    found = collections.defaultdict(list)
    for folder in ("include", "src"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".hpp", ".cpp"):
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            for index, line in enumerate(lines):
                cited = CITATION.match(line)
                if cited:
                    name = function_around(lines, index)
                    place = f"`{path.relative_to(root)}`" + (f" {name}" if name else "")
                    if place not in found[cited.group(1)]:
                        found[cited.group(1)].append(place)
    return found


def unescape(literals):
    return "".join(STRING.findall(literals)).replace('\\"', '"').replace("\\\\", "\\")


def claims_of(pattern, path, text, is_case):
    case, found = None, []
    for match in pattern.finditer(text):
        if match.group(1) is not None:
            case = unescape(match.group(1)) if is_case else match.group(1)
        else:
            line = text.count("\n", 0, match.start()) + 1
            found += [Claim(key, path, case, line) for key in STRING.findall(match.group(2))]
    return found


def read_claims(root):
    found = []
    for path in sorted((root / "tests").rglob("*")):
        name = str(path.relative_to(root))
        if path.suffix == ".cpp":
            found += claims_of(CASE, name, path.read_text(encoding="utf-8"), True)
        elif path.suffix == ".py" and "interop" in path.parts and path.name != "covers.py":
            found += claims_of(PYTHON, name, path.read_text(encoding="utf-8"), False)
    return found


class Evidence:
    """All of it, and what is wrong with it."""

    def __init__(self, root):
        self.root = root
        self.requirements, self.problems = read_registers(root)
        self.exceptions = read_exceptions(root)
        self.citations = read_citations(root)
        self.claims = read_claims(root)
        self.tests = collections.defaultdict(list)
        for claim in self.claims:
            self.tests[claim.key].append(claim)
        self._check_identifiers()

    def _check_identifiers(self):
        unknown = lambda key: not IDENTIFIER.match(key) or key not in self.requirements
        self.problems += [f"{place.split()[0].strip('`')}: no register in spec/ has \"{key}\""
                          for key, places in self.citations.items() if unknown(key) for place in places]
        self.problems += [f'{claim.file}:{claim.line}: no register in spec/ has "{claim.key}"' for claim in self.claims
                          if unknown(claim.key)]
        self.problems += [f"{claim.file}:{claim.line}: stands in no test case" for claim in self.claims if claim.case is None]
        for key, reason in self.exceptions.items():
            if key not in self.requirements or not reason:
                self.problems.append(f"spec/exceptions.csv: {key} is in no register, or has no reason")
            elif key in self.tests:
                self.problems.append(f"spec/exceptions.csv: {key} is not needed, {self.tests[key][0].file} tests it")

    def check_musts(self):
        self.problems += [f"{entry.key} ({entry.level}) has neither a test nor an exception: {entry.text}"
                          for entry in self.requirements.values()
                          if entry.level.startswith("MUST") and entry.key not in self.tests and entry.key not in self.exceptions]

    def check_run(self, log, cases):
        """What the tests that ran say: True when all of them did."""
        passed, ran, skipped = collections.defaultdict(set), set(), False
        for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
            word, file, case, *keys = line.split("\t")
            file = re.sub(r".*/(?=tests/)", "", file)  # however the compiler was told the path
            ran.add(case)
            skipped |= word == "skipped"
            if word == "passed":
                passed[(file, case)] |= set(keys)
        expected = {name.replace("\\,", ",").replace("\\\\", "\\") for path in cases
                    if path.exists() for name, _ in DISCOVERED.findall(path.read_text(encoding="utf-8"))}
        unbuilt = [path.name for path in cases if not path.exists()]
        missing = expected - ran
        if unbuilt or missing:
            what = f"{', '.join(unbuilt)} not built" if unbuilt else f"{len(missing)} of {len(expected)} test cases did not run"
            print(f"partial: {what}, so nothing is said about what was proven")
            return False
        proven = {key for keys in passed.values() for key in keys}
        for claim in self.claims:
            if (claim.file, claim.case) in passed and claim.key not in passed[(claim.file, claim.case)]:
                self.problems.append(f'{claim.file}:{claim.line}: "{claim.case}" claims {claim.key} and passed without executing it')
        for entry in self.requirements.values():
            claims = self.tests.get(entry.key, [])
            if entry.level.startswith("MUST") and claims and entry.key not in proven:
                if not (skipped and all(claim.file.endswith(".py") for claim in claims)):
                    self.problems.append(f"{entry.key} ({entry.level}) has no test that passed: {claims[0].case}")
        return True


def cell(text):
    return text.replace("|", "\\|")


def status_of(evidence, entry):
    if entry.key in evidence.tests:
        return "; ".join(f"{claim.case} (`{claim.file}`)" for claim in evidence.tests[entry.key])
    if entry.key in evidence.exceptions:
        return f"*exception: {evidence.exceptions[entry.key]}*"
    return "" if entry.level == "MAY" else "**none**"


def counts(evidence, rfc, *levels):
    entries = [entry for entry in evidence.requirements.values() if entry.rfc == rfc and entry.level in levels]
    tested = sum(entry.key in evidence.tests for entry in entries)
    excepted = sum(entry.key in evidence.exceptions for entry in entries)
    return f"{tested} of {len(entries)}" + (f", {excepted} excepted" if excepted else "")


def report(evidence):
    rfcs = list(dict.fromkeys(entry.rfc for entry in evidence.requirements.values()))
    out = ["# What proves what", "",
           "Written by `tools/coverage.py . --write`; [how it works](../docs/internals/evidence.md).",
           "Each requirement in our own words, the code that cites it, and the tests that prove it (`fourtuple conform` runs the",
           "scripts among them).", "", "| RFC | MUST tested | SHOULD tested | MAY tested |", "|---|---|---|---|"]
    for rfc in rfcs:
        out.append(f"| [{rfc[3:]}](#rfc-{rfc[3:]}) | {counts(evidence, rfc, 'MUST', 'MUST NOT')} | "
                   f"{counts(evidence, rfc, 'SHOULD', 'SHOULD NOT', 'RECOMMENDED')} | {counts(evidence, rfc, 'MAY')} |")
    for rfc in rfcs:
        out += ["", f"## RFC {rfc[3:]}", "", "| id | level | section | requirement | code | tests |", "|---|---|---|---|---|---|"]
        for entry in evidence.requirements.values():
            if entry.rfc == rfc:
                code = ", ".join(evidence.citations.get(entry.key, []))
                out.append(f"| {entry.id} | {entry.level} | {entry.section} | {cell(entry.text)} | {code} | "
                           f"{cell(status_of(evidence, entry))} |")
    return "\n".join(out) + "\n"


def elsewhere(evidence):
    """What no script proves. `fourtuple conform` runs the unit tests among these (cmake/registers.cmake), not the others."""
    rows = [["rfc", "id", "tests"]]
    for entry in evidence.requirements.values():
        claims = evidence.tests.get(entry.key, [])
        if claims and not any(claim.file.startswith("tests/scripts/") for claim in claims):
            rows.append([entry.rfc, entry.id, "; ".join(f"{claim.case} ({claim.file})" for claim in claims)])
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def write_or_compare(evidence, write):
    """The two generated files of spec/."""
    for name, fresh in (("COVERAGE.md", report(evidence)), ("elsewhere.csv", elsewhere(evidence))):
        path = evidence.root / "spec" / name
        if write:
            path.write_text(fresh, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != fresh:
            evidence.problems.append(f"spec/{name} is stale: python3 tools/coverage.py . --write")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--log", type=pathlib.Path)
    parser.add_argument("--cases", type=pathlib.Path, nargs="*", default=[])
    arguments = parser.parse_args()
    evidence = Evidence(arguments.root.resolve())
    write_or_compare(evidence, arguments.write)
    evidence.check_musts()
    stands = bool(evidence.problems)  # whatever ran
    whole = evidence.check_run(arguments.log, arguments.cases) if arguments.log else True
    print("\n".join(evidence.problems) or "each MUST is proven or has a reason")
    sys.exit(1 if stands or evidence.problems and whole else 0 if whole else SKIP)


if __name__ == "__main__":
    main()
