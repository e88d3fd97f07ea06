"""How the built-in review does on a labelled corpus, and what a message costs.

    python -m benchmarks.moderation FOLDER

The folder holds the development corpus (its README says what each file is). Its rows were read while the rules were
written, so these figures are of a spent yardstick: on lines nobody here has seen, expect far less.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from moderation.pipeline import Draft, Pipeline
from rooms.verdict import Ruling

RANK = {"allow": 0, "hold": 1, "escalate": 2, "end": 2}
DISCLOSURES = {"selfharm", "abuse"}
TIMED = 4_000
BULK_MAX = 20_000


def rows_of(path: Path) -> Iterator[dict]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


class Scorer:
    def __init__(self, show: int) -> None:
        self.pipeline = Pipeline()
        self.show = show
        self.misses: list[str] = []

    def ruling(self, row: dict, history: tuple[str, ...] = ()) -> Ruling:
        teacher = row.get("role") == "teacher"
        return self.pipeline.review(Draft(row["text"], teacher, 11, history)).ruling

    def benign(self, rows: Iterable[dict]) -> dict:
        counts: Counter[str] = Counter()
        for row in rows:
            ruling = self.ruling(row)
            counts["rows"] += 1
            counts["flagged"] += ruling is not Ruling.ALLOW
            counts["ended_or_escalated"] += RANK[ruling] == 2
            if ruling is not Ruling.ALLOW:
                self.misses.append(f"false {ruling}: {row['text']}")
        return dict(counts)

    def unsafe(self, rows: Iterable[dict]) -> dict:
        counts: Counter[str] = Counter()
        by: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row["severity"] == "allow":
                continue
            ruling = self.ruling(row)
            counts["rows"] += 1
            counts["caught"] += ruling is not Ruling.ALLOW
            by[row["category"]]["rows"] += 1
            by[row["category"]]["caught"] += ruling is not Ruling.ALLOW
            if row["severity"] == "end":
                counts["severe"] += 1
                counts["severe_held"] += ruling is not Ruling.ALLOW
                counts["severe_ended_or_escalated"] += RANK[ruling] == 2
            if row["category"] in DISCLOSURES and row["severity"] == "end":
                counts["disclosures"] += 1
                counts["disclosures_escalated"] += ruling is Ruling.ESCALATE
                counts["disclosures_cut_off"] += ruling is Ruling.END
            if ruling is Ruling.ALLOW:
                self.misses.append(f"missed {row['category']}: {row['text']}")
        return {**counts, "by_category": {name: dict(value) for name, value in sorted(by.items())}}

    def disguised(self, rows: Iterable[dict]) -> dict:
        by: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            harmless = "allow" in row.get("accept", [row["severity"]])
            if harmless:
                by["harmless"]["rows"] += 1
                by["harmless"]["ended"] += RANK[self.ruling(row)] == 2
                continue
            by[row["group"]]["rows"] += 1
            caught = self.ruling(row) is not Ruling.ALLOW
            by[row["group"]]["caught"] += caught
            if not caught:
                self.misses.append(f"missed disguise {row['group']}: {row['text']}")
        return {name: dict(value) for name, value in sorted(by.items())}

    def conversations(self, rows: Iterable[dict]) -> dict:
        counts: Counter[str] = Counter()
        for row in rows:
            said: defaultdict[str, list[str]] = defaultdict(list)
            first = 0
            ended = False
            for number, turn in enumerate(row["turns"], 1):
                ruling = self.ruling(turn, tuple(said[turn["role"]]))
                said[turn["role"]].append(turn["text"])
                first = first or (number if ruling is not Ruling.ALLOW else 0)
                ended |= RANK[ruling] == 2
            harmful = row["expect"] != "allow"
            counts["harmful" if harmful else "harmless"] += 1
            if harmful:
                counts["in_time"] += 0 < first <= row["by_turn"]
            else:
                counts["harmless_ended"] += ended
        return dict(counts)

    def cost(self, rows: list[dict]) -> dict:
        drafts = [Draft(row["text"], False, 11, ()) for row in rows[:TIMED]]
        took = []
        for draft in drafts:
            begin = time.thread_time_ns()
            self.pipeline.review(draft)
            took.append((time.thread_time_ns() - begin) / 1_000)
        took.sort()
        return {"p50_us": round(statistics.median(took), 1), "p99_us": round(took[int(len(took) * 0.99)], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=0, help="print this many lines that went wrong")
    args = parser.parse_args()
    scorer = Scorer(args.show)
    benign = list(rows_of(args.folder / "music-benign.jsonl"))
    unsafe = list(rows_of(args.folder / "music-unsafe.jsonl"))
    public = [row for row in rows_of(args.folder / "public-dev.jsonl") if row["severity"] == "allow"]
    bulk = [row for _, row in zip(range(BULK_MAX), rows_of(args.folder / "benign-bulk.jsonl.gz"), strict=False)]
    result = {
        "music_benign": scorer.benign(benign),
        "music_unsafe": scorer.unsafe(unsafe),
        "disguised": scorer.disguised(rows_of(args.folder / "unsafe-obfuscated.jsonl")),
        "borderline_ended": scorer.benign(rows_of(args.folder / "music-borderline.jsonl"))["ended_or_escalated"],
        "conversations": scorer.conversations(rows_of(args.folder / "conversations.jsonl")),
        "public_dev_harmless": scorer.benign(public),
        "service_bulk": scorer.benign(bulk),
        "cost": scorer.cost([row for pair in zip(benign, unsafe, strict=False) for row in pair] + benign),
    }
    for name, value in result.items():
        print(f"{name:22}", json.dumps(value, ensure_ascii=False))
    for line in scorer.misses[: args.show]:
        print("  ", line)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
