"""Settings: each wrong one is one sentence that names it, and what would be unsafe is refused."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.config import Config, ConfigError, load, load_relay


@pytest.fixture
def secret_file(tmp_path: Path) -> dict[str, str]:
    return {"SECRET_FILE": str(tmp_path / "keys" / "secret")}


def test_nothing_set_serves_this_machine_alone(secret_file: dict[str, str]) -> None:
    config = load(secret_file)
    assert (config.host, config.port, config.tls) == ("127.0.0.1", 8080, False)
    assert config.origins == {"http://localhost:8080", "http://127.0.0.1:8080"}


def test_behind_a_proxy(secret_file: dict[str, str]) -> None:
    given = {"PUBLIC_URL": "https://Lessons.Example.org:443/", "TLS_PROXY": "10.0.0.1, 10.1.0.0/16", "HOST": "0.0.0.0"}
    config = load(secret_file | given | {"RELAY_ADDRESS": "192.0.2.1"})
    assert config.tls
    assert config.url == "https://lessons.example.org"
    assert config.origins == {"https://lessons.example.org"}
    assert config.tls_proxy == ("10.0.0.1", "10.1.0.0/16")


BEHIND_A_PROXY = {"PUBLIC_URL": "https://lessons.example.org", "TLS_PROXY": "127.0.0.1"}


@pytest.mark.parametrize(
    ("given", "addresses", "port"),
    [
        ({}, ("127.0.0.1",), 8080),
        ({"PORT": "9000"}, ("127.0.0.1",), 9000),
        ({"PORT": "9000", "RELAY_PORT": "3480", "RELAY_ADDRESS": "::1"}, ("::1",), 3480),
        ({"RELAY": "off", "RELAY_ADDRESS": "192.0.2.1"}, (), 8080),
        (BEHIND_A_PROXY | {"RELAY": "off"}, (), 8080),
        (BEHIND_A_PROXY | {"RELAY_ADDRESS": "192.0.2.1, 2001:DB8::1"}, ("192.0.2.1", "2001:db8::1"), 8080),
    ],
)
def test_where_the_relay_is(
    secret_file: dict[str, str], given: dict[str, str], addresses: tuple[str, ...], port: int
) -> None:
    config = load(secret_file | given)
    assert (config.relay_addresses, config.relay_port) == (addresses, port)


@pytest.mark.parametrize("load_it", [load, load_relay])
@pytest.mark.parametrize("where", ["unix:var/relay.sock", "tcp://127.0.0.1:3479", "tcp://[fd00::1]:3479"])
def test_where_a_relay_of_its_own_process_is_asked(
    secret_file: dict[str, str], tmp_path: Path, load_it: Callable[[dict[str, str]], Config], where: str
) -> None:
    (tmp_path / "shared").write_text("s" * 43)
    given = {"RELAY": where, "RELAY_SECRET_FILE": str(tmp_path / "shared"), "RELAY_ADDRESS": "192.0.2.1"}
    config = load_it(secret_file | given)
    assert str(config.relay_channel) == where
    assert config.relay_secret is not None
    assert config.relay_secret.reveal() == b"s" * 43
    assert config.relay_addresses == (() if load_it is load else ("192.0.2.1",))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "RELAY"),
        ({"RELAY": "off"}, "RELAY"),
        ({"RELAY": "tcp://10.0.0.1:3479"}, "RELAY_SECRET_FILE"),
        ({"RELAY": "unix:relay.sock", "RELAY_ADDRESS": "relay.example.org"}, "RELAY_ADDRESS"),
        ({"RELAY": "unix:relay.sock", "PUBLIC_URL": "https://lessons.example.org"}, "RELAY_ADDRESS"),
        ({"RELAY": "unix:relay.sock", "RELAY_PORT": "many"}, "RELAY_PORT"),
    ],
)
def test_a_relay_without_what_it_needs_says_so_in_one_sentence(given: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as refused:
        load_relay(given)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"RELAY": "yes"}, "RELAY"),
        ({"RELAY": "unix:"}, "RELAY"),
        ({"RELAY": "unix:" + "a" * 101}, "RELAY"),
        ({"RELAY": "tcp://relay.example.org:3479"}, "RELAY"),
        ({"RELAY": "tcp://10.0.0.1"}, "RELAY"),
        ({"RELAY": "tcp://8.8.8.8:3479"}, "RELAY"),
        ({"RELAY": "tcp://10.0.0.1:3479"}, "RELAY_SECRET_FILE"),
        ({"RELAY": "tcp://10.0.0.1:3479", "RELAY_SECRET_FILE": "/nowhere/at/all"}, "RELAY_SECRET_FILE"),
        ({"PORT": "eighty"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"PUBLIC_URL": "lessons.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://lessons.example.org/app"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://user@lessons.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://lessons.example.org"}, "TLS_PROXY"),
        ({"PUBLIC_URL": "http://lessons.example.org"}, "PUBLIC_URL"),
        ({"HOST": "0.0.0.0"}, "HOST"),
        ({"PUBLIC_URL": "https://a.example", "TLS_PROXY": "everywhere"}, "TLS_PROXY"),
        ({"OTHER_ORIGINS": "https://a.example, nonsense"}, "OTHER_ORIGINS"),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE"),
        ({"TIME_ZONE": "../../etc/passwd"}, "TIME_ZONE"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"OFFICE_MAIL": "office"}, "OFFICE_MAIL"),
        ({"STUN_URLS": "https://stun.example"}, "STUN_URLS"),
        ({"TURN_URLS": "turn:turn.example"}, "TURN_SECRET_FILE"),
        ({"TURN_SECRET_FILE": "/nonexistent/secret"}, "TURN_SECRET_FILE"),
        ({"DATABASE_URL": "mysql://root:hunter2@db/lessons"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL"),
        (BEHIND_A_PROXY, "RELAY_ADDRESS"),
        (BEHIND_A_PROXY | {"RELAY_ADDRESS": "192.0.2.1, ::1"}, "RELAY_ADDRESS"),
        ({"RELAY": "maybe"}, "RELAY"),
        ({"RELAY_PORT": "-1"}, "RELAY_PORT"),
        ({"RELAY_ADDRESS": "relay.example.org"}, "RELAY_ADDRESS"),
        ({"RELAY_ADDRESS": "0.0.0.0"}, "RELAY_ADDRESS"),
        ({"RELAY_ADDRESS": "fe80::1"}, "RELAY_ADDRESS"),
        ({"RELAY_ADDRESS": "192.0.2.1,192.0.2.2"}, "RELAY_ADDRESS"),
        ({"SMTP_URL": "mail.example:hunter2"}, "SMTP_URL"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(
    secret_file: dict[str, str], given: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(secret_file | given)
    text = str(refused.value)
    assert named in text
    assert "\n" not in text
    assert text.endswith(".")
    assert "hunter2" not in text


def test_the_secret_is_made_once_readable_by_its_owner_alone(secret_file: dict[str, str]) -> None:
    first = load(secret_file).secret.reveal()
    path = Path(secret_file["SECRET_FILE"])
    assert load(secret_file).secret.reveal() == first
    assert len(first) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_short_secret_is_refused(secret_file: dict[str, str]) -> None:
    path = Path(secret_file["SECRET_FILE"])
    path.parent.mkdir()
    path.write_text("password1")
    with pytest.raises(ConfigError, match="SECRET_FILE"):
        load(secret_file)


def test_secrets_do_not_show_themselves(secret_file: dict[str, str]) -> None:
    config = load(secret_file | {"SMTP_URL": "smtp://me:hunter2@mail.example"})
    shown = repr(config) + str(config.secret)
    assert "hunter2" not in shown
    assert config.secret.reveal().decode() not in shown
    assert repr(Config()).count("Secret(…)") == 1


def test_the_command_exits_with_2_and_the_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server.cli", "serve"]
    done = subprocess.run(command, cwd=tmp_path, env={"PORT": "x"}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "lessonroom: PORT 'x' is not a number from 0 to 65535.\n"
