"""Write the transcripts from the real server side, and their excerpts in docs/protocol.md."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from server.codec import JSON, Codec
from tests.virtual_loop import VirtualLoop
from tests.wire.scenes import FOLDER, SCENES, Script, play, written

DOC = Path(__file__).parents[2] / "docs/protocol.md"
BEGIN = "<!-- made by `python -m tests.wire.record`; a test compares it with the real server side -->"
HEAD = """

## Transcripts

`>` is to the server, `<` from it; a long frame is cut at `…`. All but the first begin where teacher and family
have joined. Whole: `tests/wire/transcripts/*.jsonl`, one object a line: `at` (Unix ms), `client`, and one of `open`
(the subprotocol), `send`, `send_text` (what is no frame), `receive`, `close` (`{code, reason}`, by the server),
`lost` (the line went, with this code).
"""
WIDTH = 170


def recorded(name: str, codec: Codec = JSON, *, observed: bool | None = None) -> Script:
    """One scene, played now."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(play(name, codec, observed=observed))


def _one(line: dict[str, Any]) -> str:
    """One line for people: who, in which direction, and the frame, cut where it is long."""
    who = line["client"]
    match line:
        case {"send": frame}:
            ticket = frame.get("ticket", "")
            short = {**frame, "ticket": ticket[:12] + "…"} if len(ticket) > 12 else frame
            text = f"{who} > {json.dumps(short, ensure_ascii=False)}"
        case {"receive": frame}:
            text = f"{who} < {json.dumps(frame, ensure_ascii=False)}"
        case {"send_text": sent}:
            text = f"{who} > {sent}"
        case {"close": {"code": code, "reason": reason}}:
            text = f"{who} closed {code} {reason}"
        case {"open": subprotocol}:
            text = f"{who} opens {subprotocol}"
        case _:
            text = f"{who} loses its line ({line['lost']})"
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def excerpt(script: Script) -> str:
    """A scene as the document shows it."""
    return "\n".join(_one(line) for line in script.lines[script.begins :])


def document(scenes: dict[str, Script]) -> str:
    """docs/protocol.md with its transcripts as they are now."""
    parts = [DOC.read_text().split(BEGIN)[0].rstrip("\n"), "\n\n", BEGIN, HEAD]
    for name, script in scenes.items():
        parts.append(f"\n**{name}.** {SCENES[name].__doc__}\n\n```text\n{excerpt(script)}\n```\n")
    return "".join(parts)


def main() -> None:
    """Play all, write all."""
    scenes = {name: recorded(name) for name in SCENES}
    FOLDER.mkdir(exist_ok=True)
    for name, script in scenes.items():
        (FOLDER / f"{name}.jsonl").write_text(written(script.lines))
    DOC.write_text(document(scenes))


if __name__ == "__main__":
    main()
