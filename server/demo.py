"""`lessonroom demo`: a music service in a folder, with one lesson about to start, and a link for each of its people."""

from __future__ import annotations

import asyncio
import datetime
import fcntl
import os
import secrets
import shutil
import zoneinfo
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from rooms.lesson import Kind
from server.accounts.bookings import NewBooking, add_booking
from server.accounts.people import AccountRole, NewPupil, Person, add_person, add_pupil, find_person, set_pin
from server.accounts.pins import hash_pin
from server.api.services import Services
from server.app import Serving, bind
from server.config import Config, ConfigError, own_secret
from server.private_folder import make_private
from server.time_of_day import time_of_day

FOLDER: Final = Path("var/demo")
"""Everything the demo stores; emptied at each start."""
PORT: Final = 8_080
RELAY_ADDRESS: Final = "127.0.0.1"
"""Where the media relay is reached, on a free UDP port: by browsers on this machine alone."""
STARTS_IN_MS: Final = 120_000
"""From the moment the links are printed: long enough to open two of them, check in and tune up."""
LASTS_MS: Final = 30 * 60_000
PUPIL_AGE: Final = 11
"""An adult checks in and stays (B1)."""

TEACHER: Final = Person("teacher-patel", AccountRole.TEACHER, "Ms Patel", "m.patel@riverside.example")
FAMILY: Final = Person("family-hall", AccountRole.FAMILY, "Alex Hall", "alex.hall@family.example")
MANAGER: Final = Person("manager-ellis", AccountRole.MANAGER, "Jordan Ellis", "j.ellis@riverside.example")
SAFEGUARDING: Final = Person("safeguarding-shaw", AccountRole.SAFEGUARDING, "Robin Shaw", "r.shaw@riverside.example")
ADMINISTRATOR: Final = Person("administrator-kaur", AccountRole.ADMINISTRATOR, "Noor Kaur", "n.kaur@riverside.example")
PEOPLE: Final = (
    (TEACHER, "the teacher"),
    (FAMILY, "Sam's grown-up"),
    (MANAGER, "a people manager"),
    (SAFEGUARDING, "the safeguarding team"),
    (ADMINISTRATOR, "an administrator"),
)
SAM: Final = "pupil-sam"


def demo_config(port: int, *, keep: bool) -> Config:
    """The demo's settings: this machine alone, its own folder, the machine's own time zone.

    Args:
        port: to serve on; 0 takes a free one.
        keep: leave what earlier demos stored.

    Raises:
        ConfigError: when the port is taken, or another demo runs in the same folder: nothing is emptied then.
    """
    _alone()
    bind(Config(port=port))[0].close()
    if not keep and FOLDER.exists():
        shutil.rmtree(FOLDER)
    make_private(FOLDER)
    return Config(
        database_url=f"sqlite:///{FOLDER / 'lessonroom.db'}",
        port=port,
        mail_dir=FOLDER / "mail",
        spool_dir=FOLDER / "spool",
        secret=own_secret(FOLDER / "secret"),
        mail_from="lessons@riverside.example",
        office_mail="office@riverside.example",
        safeguarding_mail="safeguarding@riverside.example",
        service_name="Riverside Music Service",
        service_phone="01632 960 001",
        time_zone=machine_zone(),
        relay_addresses=(RELAY_ADDRESS,),
    )


def _alone() -> None:
    """Hold the folder's lock as long as this process lives."""
    make_private(FOLDER.parent)
    lock = os.open(FOLDER.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise ConfigError("The demo runs already, in another window: stop it there with Ctrl-C.") from None


def machine_zone() -> str:
    """The IANA name of this machine's time zone; UTC where it has none that is known."""
    candidates = [os.environ.get("TZ", "").removeprefix(":")]
    local = Path("/etc/localtime")
    if local.is_symlink():
        _, _, named = str(local.resolve()).partition("zoneinfo/")
        candidates.append(named)
    if (written := Path("/etc/timezone")).is_file():
        candidates.append(written.read_text(encoding="utf-8").strip())
    known = zoneinfo.available_timezones()
    return next((name for name in candidates if name in known), "UTC")


async def introduce(server: Serving) -> str:
    """Book the lesson and print who can come to it, and how; returns the family's PIN."""
    services = server.services
    pin = f"{secrets.randbelow(10**6):06}"
    pin_hash = await asyncio.to_thread(hash_pin, pin)
    now = services.clock.now_ms()
    zone = services.config.zone
    starts_at = now + STARTS_IN_MS
    born = _born(datetime.datetime.fromtimestamp(starts_at / 1_000, zone).date())
    lesson = NewBooking(
        id=f"lesson-{secrets.token_hex(6)}",
        kind=Kind.INDIVIDUAL,
        subject="Violin",
        teacher=TEACHER.id,
        pupils=(SAM,),
        starts_at=starts_at,
        ends_at=starts_at + LASTS_MS,
        confirmed=True,
    )

    def work(connection: Connection) -> None:
        if find_person(connection, TEACHER.id) is None:
            for person, _ in PEOPLE:
                add_person(connection, person)
            add_pupil(connection, NewPupil(SAM, "Sam Hall", "Sam", born.isoformat()), (FAMILY.id,))
        set_pin(connection, FAMILY.id, pin_hash)
        add_booking(connection, lesson)

    await services.stores.write(work)
    links = [(person, part, await sign_in_link(services, person)) for person, part in PEOPLE]
    print(_printed(services.config, lesson, links, pin), flush=True)
    return pin


async def sign_in_link(services: Services, person: Person) -> str:
    """One more link for this person, whole."""
    return f"{services.config.url}/in#{await services.sign_in.link(person.id)}"


def _born(day: datetime.date) -> datetime.date:
    """A birthday a hundred days ago, so that the age is right for a while."""
    day -= datetime.timedelta(days=100)
    return day.replace(year=day.year - PUPIL_AGE, day=min(day.day, 28))


def _printed(config: Config, lesson: NewBooking, links: list[tuple[Person, str, str]], pin: str) -> str:
    starts, ends = (time_of_day(at, config.zone) for at in (lesson.starts_at, lesson.ends_at))
    rows = "\n".join(f"  {person.name}, {part}\n      {link}" for person, part, link in links)
    return f"""
{config.service_name}, a demo at {config.url}

Violin: Ms Patel teaches Sam, who is {PUPIL_AGE}, from {starts} to {ends} ({config.time_zone}).
It starts in two minutes. The room is open now.

Each link signs one person in, once. Open each in its own browser profile or private window.

{rows}

  Family PIN: {pin}   (typed by Sam's grown-up at the check-in)

What to try
  1. Open the teacher's link, then "Open room". In another profile open the grown-up's link,
     "Join lesson", type a name and the PIN. Each passes the device check; allow camera and microphone.
  2. Write in the chat. Close one window during the lesson: both sides' clocks say what happens.
  3. Open the people manager's link, or the administrator's, and watch: neither side can tell.
  4. End the lesson as the teacher. What ends it for safety is then with the safeguarding team.

The media relay is at {RELAY_ADDRESS}, UDP port {config.relay_port}.
Mail is written to {config.mail_dir}, the log to {FOLDER / "server.log"}. Stop with Ctrl-C.
"""
