"""Runs one interop case: interop.py CASE --fourtuple PATH --peer PATH [--family 4|6] [--impair SETTINGS]"""

import argparse

import captures
import ecn
import features
import many
import openings
import paths
import programs
import streams
import world

CASES = {**streams.CASES, **many.CASES, **programs.CASES, **captures.CASES, **features.CASES, **paths.CASES,
         **ecn.CASES, **openings.CASES}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--fourtuple", required=True)
    parser.add_argument("--peer")
    parser.add_argument("--http-server")
    parser.add_argument("--flood")
    parser.add_argument("--family", dest="families", type=int, choices=(4, 6), nargs="*", default=[4, 6])
    parser.add_argument("--impair", default="")
    arguments = parser.parse_args()
    world.enter_namespace()
    world.run(CASES, arguments)
