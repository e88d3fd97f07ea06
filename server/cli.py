"""`lessonroom`: the one command. Each subcommand says what it does with --help."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Final

import uvloop

from server.app import Serving, run
from server.config import SETTINGS, Config, ConfigError, load
from server.logs import set_up_logs

EXIT_SETTING: Final = 2
"""A setting or an argument is wrong: as argparse itself exits."""
EXIT_INTERRUPTED: Final = 130
"""Ctrl-C, as shells count it: 128 and the signal's number."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except ConfigError as problem:
        print(f"lessonroom: {problem}", file=sys.stderr)
        return EXIT_SETTING
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lessonroom", description="The online lesson room for a music service.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve lessons, as set up by the environment",
        description="Serve lessons until Ctrl-C or SIGTERM. All settings come from the environment:",
        epilog="\n".join(f"  {name}\n      {meaning}" for name, meaning in SETTINGS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.set_defaults(run=_serve)
    return parser


def _serve(options: argparse.Namespace) -> int:
    config = load()
    set_up_logs(config.log_level)
    return on_uvloop(config)


def on_uvloop(config: Config) -> int:
    """Serve on uvloop, saying on standard output where."""

    async def say(server: Serving) -> None:
        print(f"Serving {server.config.url}", flush=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(config, say))


if __name__ == "__main__":
    sys.exit(main())
