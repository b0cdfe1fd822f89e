"""The switch of every command line here: the ways of Autodesk's own recording, or those of its documentation."""

import argparse


def add_ways(parser: argparse.ArgumentParser) -> None:
    """Add `--as-documented`, which makes `recorded` false."""
    parser.add_argument(
        "--as-documented",
        dest="recorded",
        action="store_false",
        help="names of files, links, tables and contracts as Autodesk documents them, not as its recording shows them",
    )
