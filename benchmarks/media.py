"""`make bench-media`: our media relay beside Janus, in the same run."""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import os
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import structlog

from benchmarks import media_browsers
from benchmarks.media_figures import SERVER_CORES, Rounds, Stretch, legs, whole
from benchmarks.media_janus import HINT, Janus, janus_program
from benchmarks.media_ours import Ours
from benchmarks.media_peer import own_address

LOADS = (1, 6, 40, 100)
"""Lessons at once: 168, 1,000, 6,700 and 16,800 packets a second from their legs."""
WHOLE_LOADS = (1, 40)
ROUNDS = 3
PORT_FIRST = 9_801
QUIET_CORES = 0.15
"""A stretch in which other processes used more than this is marked."""
ARRIVED_MIN = 0.99
"""Of what was sent in a stretch: what is on its way at both ends of it is up to 10 ms of 4 s."""
LATE_S_MAX = 0.05
"""The load itself was late by more than this: it was not what the row says."""
NOTES = """
! = other processes used more than 0.15 cores; ~ = packets were lost, or the load itself came in bursts: trust such rows
little. All figures are medians of {rounds}; CPU is the time that the server's threads ran, from /proc (schedstat).
ours: `lessonroom relay`, asked over its control channel; no accounts, no rooms behind it. A packet for an observer lies
there up to 10 ms on purpose, with few lessons, and 4 ms with more: see the way's p50.
janus: Debian's, VideoRoom, its defaults (a thread a leg); "1 loop" is its own setting event_loops = 1.
Made-up load: real ICE, DTLS and SRTP (AES-GCM with both), reports and consent checks as browsers send them, one socket
a leg; packets and bytes of a leg as the page bounds it. Its receivers report, and ask for nothing again.
All media: each side sends one full stream (30 pictures/s, 1,500 kbit/s; sound, 64 kbit/s) and receives the other.
us_per_unobserved_lesson_s: ours, two small legs that nobody watches; janus, carrying all media of that lesson. Janus
with small legs that nobody receives stands in its own table.
Browsers: Chromium, two who send and one who watches, no direct connection between them; they share both cores with the
server. The page is the benchmark's own for both, with its socket (and with Janus its session and handle) open before
the click; the picture's keyframe comes from our cache, or with Janus from the sender, who is asked for it."""


def _row(*cells: str) -> None:
    print(f"{cells[0]:<34}" + "".join(f"{cell:>15}" for cell in cells[1:]), flush=True)


def _mark(stretches: list[Stretch]) -> str:
    others = statistics.median(each.spent.others_cores for each in stretches)
    arrived = min(each.arrived for each in stretches)
    late = statistics.median(each.tally.late_s for each in stretches)
    mark = "!" if others > QUIET_CORES else ""
    return mark + ("~" if arrived < ARRIVED_MIN or late > LATE_S_MAX else "")


def _table(title: str, rows: dict[str, Rounds], form: str, figure: Callable[[Stretch], float]) -> dict[str, float]:
    """One figure of all servers; returns the medians."""
    print()
    _row(title, "median", "lowest", "highest", "server cores", "others", "arrived")
    out = {}
    for name, rounds in rows.items():
        each = rounds.stretches
        values = [figure(one) for one in each]
        out[name] = rounds.median(figure)
        cores, others = (rounds.median(what) for what in (_cores, _others))
        marked = f"{others:.2f}{_mark(each)}"
        arrived = f"{min(one.arrived for one in each):.4f}"
        figures = (f"{value:{form}}" for value in (out[name], min(values), max(values)))
        _row(name, *figures, f"{cores:.3f}", marked, arrived)
    return out


def _cores(stretch: Stretch) -> float:
    return stretch.spent.cores


def _others(stretch: Stretch) -> float:
    return stretch.spent.others_cores


class Bench:
    """One run."""

    def __init__(self, rounds: int, with_janus: bool) -> None:
        self.address = own_address()
        self.rounds = rounds
        self.ports: Iterator[int] = itertools.count(PORT_FIRST)
        self.makers: dict[str, Callable[[], Any]] = {"ours": lambda: Ours(self.address)}
        if with_janus:
            self.makers["janus"] = lambda: Janus(self.address)
            self.makers["janus, 1 loop"] = lambda: Janus(self.address, event_loops=1)
        keys = ("us_per_packet", "us_per_unobserved_lesson_s", "first_frame_ms")
        self.result: dict[str, Any] = {**{key: {} for key in keys}, "lessons_per_core": None}

    def legs(self) -> None:
        """Small legs: what a packet, a lesson and its memory cost at each load; and how many lessons fill a core."""
        by_load: dict[str, dict[str, float]] = {}
        alone_by_load: dict[str, dict[str, float]] = {}
        for load in LOADS:
            alone: dict[str, Rounds] = {name: Rounds() for name in self.makers}
            watched: dict[str, Rounds] = {name: Rounds() for name in self.makers}
            kb: dict[str, list[float]] = {name: [] for name in self.makers}
            for _ in range(self.rounds):
                for name, make in self.makers.items():
                    one, other, memory = legs(make(), next(self.ports), self.address, load)
                    alone[name].stretches.append(one)
                    watched[name].stretches.append(other)
                    kb[name].append(memory)
            title = f"{load} lesson{'s' if load > 1 else ''}"
            by_load[str(load)] = _table(f"{title}, observed: µs a packet", watched, ".1f", lambda s: s.us_out)
            lesson = _table(f"{title}, observed: µs a lesson-s", watched, ",.0f", lambda s: s.us_lesson_s)
            unobserved = _table(f"{title}, small legs, unobserved", alone, ",.0f", lambda s: s.us_lesson_s)
            alone_by_load[str(load)] = unobserved
            memory_kb = {name: round(statistics.median(each)) for name, each in kb.items()}
            ways = {name: rounds.median(lambda s: s.tally.p50_us) for name, rounds in watched.items()}
            print(f"kB an observed lesson: {memory_kb}; way through the server, p50 µs: {_rounded(ways)}")
        top = str(LOADS[-1])
        self.result["us_per_packet"] = _rounded(by_load[top])
        self.result["us_per_packet_by_lessons"] = {load: _rounded(row) for load, row in by_load.items()}
        self.result["us_per_observed_lesson_s"] = _rounded(lesson)
        self.result["kb_per_observed_lesson"] = memory_kb
        self.result["lessons_per_core"] = int(1e6 / lesson["ours"])
        self.result["us_small_legs_unobserved_s"] = {load: _rounded(row) for load, row in alone_by_load.items()}

    def whole(self) -> None:
        """All of a lesson's own media through a server, and against Janus doing it our legs that nobody watches."""
        carried: dict[str, dict[str, float]] = {}
        unobserved: dict[str, dict[str, float]] = {}
        for load in WHOLE_LOADS:
            rows = {name: Rounds() for name in self.makers}
            for _ in range(self.rounds):
                for name, rounds in rows.items():
                    rounds.stretches.append(whole(self.makers[name](), next(self.ports), self.address, load))
            title = f"{load} lesson{'s' if load > 1 else ''}, all media: µs a lesson-s"
            row = carried[str(load)] = _rounded(_table(title, rows, ",.0f", lambda s: s.us_lesson_s))
            ours = self.result["us_small_legs_unobserved_s"][str(load)]["ours"]
            unobserved[str(load)] = {**row, "ours": ours}
            if "janus" in row:
                part = ours / row["janus"]
                print(f"ours, unobserved: {ours:,.0f} µs a lesson-s: {part:.3f} of janus carrying it all")
        self.result["us_per_unobserved_lesson_s"] = unobserved[str(WHOLE_LOADS[-1])]
        self.result["us_per_unobserved_lesson_s_by_lessons"] = unobserved
        self.result["us_carrying_all_media_s"] = carried

    def browsers(self) -> None:
        """One lesson between real browsers."""
        print()
        _row("Chromium, 1 lesson", "µs a packet", "µs unobserved", "first ms", "lowest", "highest", "others too")
        for name in ("ours", "janus"):
            if name not in self.makers:
                continue
            runs = [media_browsers.lesson(self.makers[name](), name, next(self.ports)) for _ in range(self.rounds)]
            first = [took for run in runs for took in run.first_ms]
            us = statistics.median(run.us_out for run in runs)
            alone = statistics.median(run.us_alone_s for run in runs)
            others = statistics.median(run.watched.others_cores for run in runs)
            middle = statistics.median(first)
            _row(
                name, f"{us:.1f}", f"{alone:,.0f}", f"{middle:.0f}", f"{min(first):.0f}", f"{max(first):.0f}",
                f"{others:.2f}",
            )  # fmt: skip
            self.result["first_frame_ms"][name] = round(middle)
            self.result.setdefault("chromium_us_per_packet", {})[name] = round(us, 1)
            self.result.setdefault("chromium_us_unobserved_s", {})[name] = round(alone)


def _rounded(row: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in row.items()}


def main() -> None:
    """Measure, print the tables, and at last one line of JSON."""
    # Which relay is connected is said once a stretch: the table is easier to read without.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    parser = argparse.ArgumentParser(description="our media relay beside Janus")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=("legs", "browsers"), help="a part, while something is being tried")
    arguments = parser.parse_args()
    there = janus_program() is not None
    print("Media servers on core 0, the load on core 1." if there else HINT, flush=True)
    bench = Bench(arguments.rounds, there)
    everywhere = os.sched_getaffinity(0)
    if arguments.only != "browsers":
        os.sched_setaffinity(0, everywhere - SERVER_CORES or everywhere)
        bench.legs()
        bench.whole()
        os.sched_setaffinity(0, everywhere)
    if arguments.only != "legs":
        if media_browsers.chromium() is None:
            print("No Chromium (make browser, or CHROMIUM=…): the figures of real browsers are left out")
        else:
            bench.browsers()
    print(NOTES.format(rounds=arguments.rounds))
    print(json.dumps(bench.result))


if __name__ == "__main__":
    main()
