"""TypeScript types of the wire, made from the Python frames: `python -m server.wire_schema [--check]`.

The result is kept in the tree, so that the web client is checked without Python; a test compares the two.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from rooms.audience import PROJECTION_VERSION
from server.codec import CODECS
from server.frames import ClientFrame, ServerFrame

ROOT: Final = Path(__file__).resolve().parent.parent
TYPES: Final = ROOT / "web/wire/frames.d.ts"
JSON2TS: Final = ROOT / "node_modules/.bin/json2ts"
"""npm's json-schema-to-typescript, which `make setup` installs."""
CONVERT_S_MAX: Final = 60
"""The conversion takes half a second; a machine that is busy with browsers may need longer."""
HEAD: Final = """\
/* Made by `python -m server.wire_schema` from server/frames.py: do not edit, run it again. docs/protocol.md says what
   each frame means. Numbers are whole; times are Unix milliseconds of the server's clock. */
"""


def schema() -> dict[str, object]:
    """One JSON schema with every frame, whose top names the two unions."""
    (client, server), components = msgspec.json.schema_components(
        [ClientFrame, ServerFrame], ref_template="#/$defs/{name}"
    )
    both = _reachable(client, components)
    for name, component in components.items():
        if name not in both and "properties" in component:
            # The server leaves nothing out, not even what has a default.
            component["required"] = list(component["properties"])
    return {
        "title": "Wire",
        "description": "Not sent: holds the two unions together.",
        "type": "object",
        "properties": {
            "client": {"$ref": "#/$defs/ClientFrame"},
            "server": {"$ref": "#/$defs/ServerFrame"},
            "projection": {"const": PROJECTION_VERSION},
            "subprotocol": {"enum": [codec.subprotocol for codec in CODECS]},
        },
        "required": ["client", "server", "projection", "subprotocol"],
        "additionalProperties": False,
        "$defs": {
            **components,
            "ClientFrame": {"title": "ClientFrame", **_union(client)},
            "ServerFrame": {"title": "ServerFrame", **_union(server)},
        },
    }


def _reachable(start: object, components: dict[str, dict[str, object]]) -> set[str]:
    """The names of the components that ``start`` leads to."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in re.findall(r"#/\$defs/(\w+)", json.dumps(waiting.pop())):
            if name not in found:
                found.add(name)
                waiting.append(components[name])
    return found


def _union(of: dict[str, object]) -> dict[str, object]:
    return {"anyOf": of["anyOf"]}


def typescript() -> str:
    """The types as TypeScript.

    Raises:
        FileNotFoundError: json2ts is not installed.
        subprocess.CalledProcessError: it refused the schema.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "wire.json")
        file.write_text(json.dumps(schema()))
        done = subprocess.run(  # noqa: S603 - our own program on our own file
            [
                JSON2TS,
                "--additionalProperties=false",
                "--bannerComment",
                "",
                "--style.printWidth=120",
                "--maxItems=-1",
                file,
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=CONVERT_S_MAX,
        )
    return HEAD + done.stdout


def main(arguments: list[str]) -> int:
    """Write the types, or with ``--check`` say whether they are as they would be written (exit code 1 if not)."""
    made = typescript()
    if arguments == ["--check"]:
        if TYPES.exists() and TYPES.read_text() == made:
            return 0
        sys.stderr.write(
            f"{TYPES.relative_to(ROOT)} is not what server/frames.py says: run python -m server.wire_schema\n"
        )
        return 1
    TYPES.parent.mkdir(parents=True, exist_ok=True)
    TYPES.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
