"""`lessonroom`: the one command. Each subcommand says what it does with --help."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy.exc
import uvloop
from sqlalchemy import Connection

from server import demo
from server.accounts.people import take_access_away
from server.accounts.scope import CannotSetScope, set_scope
from server.app import Serving, run
from server.bot import command as bot
from server.clock import SystemClock
from server.config import RELAY_SETTINGS, SETTINGS, Config, ConfigError, load, load_relay
from server.demo_pupil import DemoPupil
from server.logs import set_up_logs
from server.play import play_files
from server.relay_process import run_relay
from server.store.migration import migrate
from server.store.port import StoreDown
from server.store.stores import open_store

T = TypeVar("T")

EXIT_SETTING: Final = 2
"""A setting or an argument is wrong: as argparse itself exits."""
EXIT_AWAY: Final = 1
"""Something that is needed is not there: the database, or the reader of what is printed."""
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
    except (StoreDown, sqlalchemy.exc.OperationalError):
        print("lessonroom: The database cannot be reached, or another program holds it. Try again.", file=sys.stderr)
        return EXIT_AWAY
    except sqlalchemy.exc.DatabaseError as problem:
        if type(problem) is not sqlalchemy.exc.DatabaseError:
            raise  # an error in our own SQL
        print("lessonroom: What DATABASE_URL names is there, but it is not a database. Name another.", file=sys.stderr)
        return EXIT_SETTING
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away (`lessonroom play … | head`); what is still buffered has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_AWAY
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lessonroom", description="The online lesson room for a music service.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(
        commands,
        "serve",
        _serve,
        "serve lessons, as the environment sets it up",
        "Bring the database up to date and serve lessons until Ctrl-C or SIGTERM. Settings come from the environment:",
        "\n".join(f"  {name}\n      {meaning}" for name, meaning in SETTINGS.items()),
    )
    _add(
        commands,
        "relay",
        _relay,
        "relay media for `serve`, as a process of its own",
        "Be the media relay of `lessonroom serve`, which asks it at RELAY; until Ctrl-C or SIGTERM. It reads these "
        "settings, with the same values as there:",
        "\n".join(f"  {name}\n      {SETTINGS[name]}" for name in RELAY_SETTINGS),
    )
    trial = _add(
        commands,
        "demo",
        _demo,
        "serve a made-up music service on this machine, with a lesson in two minutes",
        f"Serve a made-up music service on this machine. It lives in {demo.FOLDER}, which each start empties.",
    )
    trial.add_argument(
        "--port", type=_port, default=demo.PORT, help="the port; 0 takes a free one (default: %(default)s)"
    )
    trial.add_argument("--keep", action="store_true", help="keep what earlier demos stored, and add one more lesson")
    trial.add_argument("--bot", action="store_true", help="a scripted pupil joins: one person alone sees a lesson")
    bot.add_troubles(trial, "with --bot: make trouble, see `lessonroom bot --help`")
    pupil = _add(commands, "bot", bot.run, bot.SHORT, f"{bot.LONG}\n{bot.troubles()}", bot.AFTER)
    bot.add_options(pupil)
    play = _add(
        commands,
        "play",
        _play,
        "play lessons from files, through the rules that decide real ones",
        "Play lessons from scenario files and print what they come to, a line of JSON each.",
    )
    play.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a scenario file")
    _add(
        commands,
        "migrate",
        _migrate,
        "bring the database to this version's tables",
        "Bring DATABASE_URL to this version's tables, and do nothing if it has them. `serve` does the same by itself.",
    )
    leaving = _add(
        commands,
        "deactivate",
        _deactivate,
        "take somebody's access away at once",
        "End an account at once (A3): its sessions are over, and nothing of it signs in again. A lesson that this "
        "teacher is in ends within seconds, not charged. DATABASE_URL says whose account.",
    )
    leaving.add_argument("email", metavar="EMAIL", help="the account's email address")
    scope = _add(
        commands,
        "scope",
        _scope,
        "say whose lessons a people manager or an administrator may watch",
        "Say whose lessons a people manager or an administrator may watch (A6): every teacher's, as for each new "
        "account, or those of the teachers named and no others. Who watches a lesson that is not among them any more "
        "is out of it within seconds. DATABASE_URL says whose account.",
    )
    scope.add_argument("email", metavar="EMAIL", help="the account's email address")
    whose = scope.add_mutually_exclusive_group(required=True)
    whose.add_argument("--all", action="store_true", help="the lessons of every teacher")
    whose.add_argument(
        "--teacher", action="append", metavar="EMAIL", help="of this teacher; once more for each further one"
    )
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run_it: Callable[[argparse.Namespace], int],
    short: str,
    long: str,
    end: str = "",
) -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser(name, help=short, description=long, epilog=end, formatter_class=raw)
    command.set_defaults(run=run_it)
    return command


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    config = load()
    set_up_logs(config.log_level)

    async def say(server: Serving) -> None:
        print(f"Serving {server.services.config.url}", flush=True)

    return _on_uvloop(config, say)


def _relay(options: argparse.Namespace) -> int:
    config = load_relay()
    set_up_logs(config.log_level)

    def say(known: Config) -> None:
        print(f"Relaying at {', '.join(known.relay_addresses)}, UDP port {known.relay_port}", flush=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run_relay(config, say))


def _demo(options: argparse.Namespace) -> int:
    if options.trouble and not options.bot:
        raise ConfigError("--trouble is the scripted pupil's: add --bot.")
    config = demo.demo_config(options.port, keep=options.keep)
    set_up_logs(config.log_level, demo.FOLDER / "server.log")
    if not options.bot:
        return _on_uvloop(config, demo.introduce)
    with DemoPupil(options.trouble) as pupil:
        return _on_uvloop(config, pupil.introduce)


def _play(options: argparse.Namespace) -> int:
    return play_files(options.files, sys.stdout)


def _migrate(options: argparse.Namespace) -> int:
    config = load()
    set_up_logs(config.log_level)
    migrate(config.database_url)
    return 0


def _in_accounts(work: Callable[[Connection, int], T]) -> T:
    """Do something with the accounts, in one transaction; ``work`` is given the time, Unix ms, too."""
    config = load()
    set_up_logs(config.log_level)
    migrate(config.database_url)
    stores = open_store(config.database_url)
    now = SystemClock().now_ms()
    try:
        return asyncio.run(stores.write(lambda connection: work(connection, now)))
    finally:
        stores.close()


def _scope(options: argparse.Namespace) -> int:
    teachers = None if options.all else options.teacher
    try:
        said = _in_accounts(lambda connection, now: set_scope(connection, options.email, teachers, now))
    except CannotSetScope as problem:
        print(f"lessonroom: {problem} Nothing was changed.", file=sys.stderr)
        return EXIT_SETTING
    print(said)
    return 0


def _deactivate(options: argparse.Namespace) -> int:
    left = _in_accounts(lambda connection, now: take_access_away(connection, options.email, now))
    if left is None:
        print("lessonroom: No account that is in use has this email address.", file=sys.stderr)
        return EXIT_SETTING
    print(f"{left.name} has no access any more.")
    return 0


def _on_uvloop(config: Config, ready: Callable[[Serving], Awaitable[object]]) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(config, ready))


if __name__ == "__main__":
    sys.exit(main())
