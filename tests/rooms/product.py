"""The product's own playing of a scenario, as a test holds it against the oracle."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from server.play import play as play_scenario
from server.play import play_files
from server.scenario import Malformed, read


def product(scenario: dict[str, Any]) -> dict[str, Any]:
    """One valid or malformed scenario, through `server.play`."""
    try:
        return play_scenario(read(scenario))
    except Malformed as malformed:
        return {"name": scenario.get("name"), "error": malformed.error, "field": malformed.field}


def product_file(path: Path) -> tuple[int, list[dict[str, Any]]]:
    """A whole file, as ``lessonroom play`` does it: the exit status and the lines."""
    out = io.StringIO()
    status = play_files([path], out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]
