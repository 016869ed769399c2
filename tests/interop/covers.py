"""covers("rfc9293 MUST-16") in a case says what it proves; it counts when the case passed. tools/coverage.py reads it too.

What a case proved goes as one line into the file that FT_EVIDENCE names, in the form of tests/evidence_listener.cpp.
"""
import os
import pathlib
import sys

_TESTS = pathlib.Path(__file__).resolve().parent.parent
_said = {}


def covers(*requirements):
    caller = sys._getframe(1).f_code
    place = (f"tests/{pathlib.Path(caller.co_filename).resolve().relative_to(_TESTS)}", caller.co_name)
    _said.setdefault(place, dict.fromkeys(requirements)).update(dict.fromkeys(requirements))


def ended(word):
    """`word` is passed, failed or skipped."""
    if "FT_EVIDENCE" not in os.environ:
        return
    lines = ["\t".join([word, file, case, *requirements]) for (file, case), requirements in _said.items()]
    with open(os.environ["FT_EVIDENCE"], "ab", buffering=0) as page:
        for line in lines or ["\t".join([word, "tests/interop", "-"])]:
            page.write((line + "\n").encode())
