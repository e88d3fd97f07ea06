"""``python -m tests.simulation --seed N``: play one lesson again, and say what happened."""

from __future__ import annotations

import argparse
import logging
import sys
import time

import structlog

from tests.simulation.checks import check
from tests.simulation.play import Broken, play, verify
from tests.simulation.world import LESSON


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--from", dest="begin", type=int, default=0)
    parser.add_argument("--lessons", type=int, default=200)
    parser.add_argument("--quiet", action="store_true")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if chosen.seed is None:
        began = time.perf_counter()
        try:
            seen = verify(range(chosen.begin, chosen.begin + chosen.lessons))
        except Broken as broken:
            print(broken)
            return 1
        print(f"{chosen.lessons} lessons in {time.perf_counter() - began:.1f} s")
        for name, count in sorted(seen.items()):
            print(f"  {name}: {count}")
        return 0
    world = play(chosen.seed)
    if not chosen.quiet:
        for event in world.log.events(LESSON):
            print(f"{(event.at - world.lesson.starts_at) / 1000:10.3f}  {event}")
    wrong = check(world)
    print("\n".join(wrong) if wrong else "nothing wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
