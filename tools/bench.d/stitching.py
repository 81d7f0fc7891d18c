"""The stitcher against its limits, each beside a bare loop on the same data."""
from common import cargo_bench


def bench(part, *arguments):
    return cargo_bench("hitless-stitcher", "stitching", part, *arguments)


def part_rebuild(_seconds):
    """Stitching a fleet from nothing: 24 h of 60 s segments, four handovers a day"""
    return bench("rebuild")


def part_changed(_seconds):
    """Stitching what has changed in a fleet of 1,000 cameras"""
    return bench("changed")


def part_idle(_seconds):
    """A run with nothing new, 1,000,000 segments in the database"""
    return bench("idle")


def part_index(_seconds):
    """Reading the headers of a day of one camera"""
    return bench("index")


def part_overlap(_seconds):
    """Media read for a day of one camera"""
    return bench("overlap")
