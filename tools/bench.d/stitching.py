"""The stitcher against its limits, each beside a bare loop on the same data."""
from common import cargo_bench

# How many cameras the fleets have; tools/bench --fleet makes it fewer.
fleet = None


def bench(part, *arguments):
    return cargo_bench("hitless-stitcher", "stitching", part, *arguments)


def fleet_of(cameras):
    return [str(fleet or cameras)]


def part_rebuild(_seconds):
    """Stitching a fleet from nothing: 24 h of 60 s segments, four handovers a day"""
    return bench("rebuild", *fleet_of(1000))


def part_changed(_seconds):
    """Stitching what has changed in a fleet"""
    return bench("changed", *fleet_of(1000))


def part_idle(_seconds):
    """A run with nothing new, 1,000,000 segments in the database"""
    return bench("idle")


def part_postgres(_seconds):
    """Stitching on PostgreSQL: from nothing, what has changed, nothing new"""
    return bench("postgres", *fleet_of(100))


def part_index(_seconds):
    """Reading the headers of a day of one camera"""
    return bench("index")


def part_overlap(_seconds):
    """Media read for a day of one camera"""
    return bench("overlap")
