"""Every setting of one process, read from the environment once. Secrets are never shown or logged."""

from __future__ import annotations

import ipaddress
import os
import secrets
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
import sqlalchemy.exc
from msgspec import Meta

from server.frames import IceServer
from server.private_folder import make_private, open_private
from server.relay_channel import ChannelAddress
from server.store.engine import in_memory, parse_url

SECRET_BYTES: Final = 32
"""The process secret: 256 bits, so that what it signs cannot be guessed."""
SECRET_CHARS_MIN: Final = 43
"""256 bits in URL-safe Base64; a shorter secret was typed by a person."""
ICE_SERVERS_MAX: Final = 8
"""A browser warns from five on, and each one costs a lesson time to start."""
SOCKET_PATH_BYTES_MAX: Final = 100
"""Of a Unix socket: systems take 104 to 108."""

SETTINGS: Final[Mapping[str, str]] = {
    "DATABASE_URL": "where lessons are stored; SQLite or PostgreSQL (default: sqlite:///var/lessonroom.db)",
    "HOST": "the address to listen on (default: 127.0.0.1)",
    "PORT": "the port to listen on; 0 takes a free one (default: 8080)",
    "PUBLIC_URL": "the address that people type, https:// but on this machine (default: http://localhost:PORT)",
    "OTHER_ORIGINS": "more origins that pages may come from, separated by commas (default: none)",
    "TLS_PROXY": "addresses of the proxy in front that speaks TLS, by commas; needed with an https PUBLIC_URL",
    "SMTP_URL": "where mail goes: smtp://USER:PASSWORD@HOST:PORT, or smtps:// (default: files in MAIL_DIR)",
    "MAIL_DIR": "the folder for mail while there is no SMTP_URL (default: var/mail)",
    "MAIL_FROM": "the sender of mail (default: lessons@localhost)",
    "OFFICE_MAIL": "who reads what the office is told (default: office@localhost)",
    "SAFEGUARDING_MAIL": "who is told of a case (default: safeguarding@localhost)",
    "SPOOL_DIR": "where orders to end a lesson wait while the database is away (default: var/spool)",
    "SECRET_FILE": "holds this service's secret; made at the first start (default: var/secret)",
    "SERVICE_NAME": "the music service, as pages name it (default: Music service)",
    "SERVICE_PHONE": "the office's number, as pages show it (default: the office)",
    "TIME_ZONE": "the IANA zone in which times are shown (default: Europe/London)",
    "STUN_URLS": "stun: or stuns: servers, separated by commas (default: none)",
    "TURN_URLS": "turn: or turns: servers, separated by commas; they need TURN_SECRET_FILE (default: none)",
    "TURN_SECRET_FILE": "holds the secret shared with the TURN servers (default: none)",
    "RELAY": "on, off, or where `lessonroom relay` listens: unix:PATH or tcp://IP:PORT; without the media relay nobody "
    "can look in, and the server sees no media itself (default: on)",
    "RELAY_SECRET_FILE": "holds the secret shared with `lessonroom relay`; needed with tcp:// (default: none)",
    "RELAY_ADDRESS": "IP addresses at which browsers reach the relay by UDP: an IPv4, an IPv6 or both, by commas; "
    "needed with an https PUBLIC_URL (default: 127.0.0.1)",
    "RELAY_PORT": "the relay's UDP port; 0 takes a free one (default: the number of PORT)",
    "LOG_LEVEL": "debug, info, warning or error (default: info)",
}
"""Every name that is read, and what it means: `lessonroom serve --help` prints it."""

RELAY_SETTINGS: Final = ("RELAY", "RELAY_SECRET_FILE", "RELAY_ADDRESS", "RELAY_PORT", "PORT", "PUBLIC_URL", "LOG_LEVEL")
"""Those that `lessonroom relay` reads."""


class ConfigError(Exception):
    """A setting is wrong: its text is one sentence that names it and says what to do."""


class Secret:
    """A value that does not show itself: not in a repr, a log line or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """The value, for the one who uses it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """One process's settings. `load` reads and checks them; tests build their own."""

    database_url: str = "sqlite:///var/lessonroom.db"
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    public_url: str = ""
    """Without a slash at the end; empty: this machine at ``port``."""
    other_origins: tuple[str, ...] = ()
    tls_proxy: tuple[str, ...] = ()
    """Only what comes from these addresses is believed about who the client is and that it came by TLS."""
    smtp_url: Secret | None = None
    mail_dir: Path = Path("var/mail")
    mail_from: str = "lessons@localhost"
    office_mail: str = "office@localhost"
    safeguarding_mail: str = "safeguarding@localhost"
    spool_dir: Path = Path("var/spool")
    secret: Secret = msgspec.field(default_factory=lambda: Secret(secrets.token_bytes(SECRET_BYTES)))
    service_name: str = "Music service"
    service_phone: str = "the office"
    time_zone: str = "Europe/London"
    ice_servers: tuple[IceServer, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: Secret | None = None
    relay_addresses: tuple[str, ...] = ()
    """What the relay's candidates name: at most one IPv4 and one IPv6 address. Empty: there is no relay."""
    relay_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """UDP; 0 takes a free one."""
    relay_channel: ChannelAddress | None = None
    """Where `lessonroom relay` is asked; None: the relay, if there is one, is in this process."""
    relay_secret: Secret | None = None
    """Shared with it; None on a Unix socket that its folder guards."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    static_dir: Path = Path(__file__).parent / "static"
    """The built web client."""

    @property
    def tls(self) -> bool:
        """Whether people reach this service by TLS: cookies are then Secure, and browsers told to insist."""
        return self.public_url.startswith("https://")

    @property
    def url(self) -> str:
        """What people type, without a slash at the end."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def origins(self) -> frozenset[str]:
        """The origins that a page of ours can have: the public one, its twin here, and the named ones."""
        own = {self.url}
        if not self.public_url:
            own.add(f"http://127.0.0.1:{self.port}")
        return frozenset(own | set(self.other_origins))

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Where the service is: lessons' times are shown, and ages are counted, in it."""
        return zoneinfo.ZoneInfo(self.time_zone)


_DEFAULTS: Final = Config()


def load(environment: Mapping[str, str] = os.environ) -> Config:
    """Read, check and default every setting; make the secret at the first start.

    Raises:
        ConfigError: with one sentence, for the first setting that is wrong.
    """
    given = {name: environment[name].strip() for name in SETTINGS if environment.get(name, "").strip()}
    config = Config(
        database_url=_database(given),
        host=given.get("HOST", _DEFAULTS.host),
        port=_port(given),
        public_url=_origin("PUBLIC_URL", given["PUBLIC_URL"]) if "PUBLIC_URL" in given else "",
        other_origins=tuple(_origin("OTHER_ORIGINS", one) for one in _listed(given, "OTHER_ORIGINS")),
        tls_proxy=tuple(_address("TLS_PROXY", one) for one in _listed(given, "TLS_PROXY")),
        smtp_url=_smtp(given),
        mail_dir=Path(given.get("MAIL_DIR", str(_DEFAULTS.mail_dir))),
        mail_from=_mail(given, "MAIL_FROM", _DEFAULTS.mail_from),
        office_mail=_mail(given, "OFFICE_MAIL", _DEFAULTS.office_mail),
        safeguarding_mail=_mail(given, "SAFEGUARDING_MAIL", _DEFAULTS.safeguarding_mail),
        spool_dir=Path(given.get("SPOOL_DIR", str(_DEFAULTS.spool_dir))),
        service_name=given.get("SERVICE_NAME", _DEFAULTS.service_name),
        service_phone=given.get("SERVICE_PHONE", _DEFAULTS.service_phone),
        time_zone=_zone(given),
        ice_servers=_stun(given),
        turn_urls=_ice_urls(given, "TURN_URLS", ("turn:", "turns:")),
        turn_secret=_turn_secret(given),
        relay_addresses=_relay_addresses(given) if _relay(given) == "on" else (),
        relay_port=_port(given, "RELAY_PORT", _port(given)),
        relay_channel=_relay_channel(given),
        relay_secret=_relay_secret(given),
        log_level=_log_level(given),
    )
    _deny(config)
    secret_file = Path(given.get("SECRET_FILE", "var/secret"))
    return msgspec.structs.replace(config, secret=own_secret(secret_file))


def load_relay(environment: Mapping[str, str] = os.environ) -> Config:
    """What `lessonroom relay` needs of the same settings; the others stay as they are by default.

    Raises:
        ConfigError: with one sentence, for the first setting that is wrong.
    """
    given = {name: environment[name].strip() for name in RELAY_SETTINGS if environment.get(name, "").strip()}
    channel = _relay_channel(given)
    if channel is None:
        raise ConfigError(
            f"RELAY {_relay(given)!r} does not say where the relay is asked: set it to unix:PATH or tcp://IP:PORT, "
            "here and where lessons are served."
        )
    config = Config(
        public_url=_origin("PUBLIC_URL", given["PUBLIC_URL"]) if "PUBLIC_URL" in given else "",
        relay_addresses=_relay_addresses(given),
        relay_port=_port(given, "RELAY_PORT", _port(given)),
        relay_channel=channel,
        relay_secret=_relay_secret(given),
        log_level=_log_level(given),
    )
    _deny_relay(config)
    return config


def own_secret(path: Path) -> Secret:
    """The service's secret from its file, which is made, readable by its owner alone, if it is not there.

    Raises:
        ConfigError: when the file cannot be read or made, or holds too little.
    """
    try:
        make_private(path.parent)
        with open(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w", encoding="ascii") as made:
            made.write(secrets.token_urlsafe(SECRET_BYTES))
    except FileExistsError:
        pass
    except OSError as problem:
        raise ConfigError(f"SECRET_FILE {path} cannot be made: {problem.strerror}.") from problem
    return _secret_from("SECRET_FILE", path)


def _secret_from(name: str, path: Path) -> Secret:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{name} {path} cannot be read as a line of plain text.") from problem
    if len(text) < SECRET_CHARS_MIN:
        raise ConfigError(f"{name} {path} holds too little: use {SECRET_CHARS_MIN} random letters or more.")
    return Secret(text.encode())


def _deny(config: Config) -> None:
    """What is safe is the default: nobody's lesson goes over an open network by mistake.

    Raises:
        ConfigError: when the service would be reachable from elsewhere without TLS.
    """
    if config.tls and not config.tls_proxy:
        raise ConfigError(
            "PUBLIC_URL is https, so set TLS_PROXY to the address of the proxy that speaks TLS in front "
            "of this service (127.0.0.1 if it runs on this machine)."
        )
    if not config.tls and not _local(urlsplit(config.url).hostname or ""):
        raise ConfigError("PUBLIC_URL is not https: browsers give no camera there. Put a TLS proxy in front.")
    if not config.tls and not _local(config.host):
        raise ConfigError(
            f"HOST {config.host} can be reached from other machines, without TLS: use 127.0.0.1, or set an "
            "https PUBLIC_URL and TLS_PROXY."
        )
    _deny_relay(config)
    if config.turn_urls and config.turn_secret is None:
        raise ConfigError("TURN_URLS needs TURN_SECRET_FILE, the file with the secret shared with those servers.")
    if len(config.ice_servers) + len(config.turn_urls) > ICE_SERVERS_MAX:
        raise ConfigError(f"STUN_URLS and TURN_URLS name more than {ICE_SERVERS_MAX} servers: use fewer.")


def _deny_relay(config: Config) -> None:
    if config.tls and any(_local(address) for address in config.relay_addresses):
        raise ConfigError(
            "RELAY_ADDRESS names this machine to itself: with an https PUBLIC_URL set it to the IP address at which "
            "browsers reach it, or RELAY to off, and nobody can look in."
        )
    channel = config.relay_channel
    if channel is not None and channel.host and config.relay_secret is None:
        raise ConfigError(
            f"RELAY {channel} needs RELAY_SECRET_FILE, the file with the secret that lessonroom serve and lessonroom "
            "relay share."
        )


def _local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _database(given: Mapping[str, str]) -> str:
    url = given.get("DATABASE_URL", _DEFAULTS.database_url)
    try:
        if in_memory(parse_url(url)):
            raise ConfigError("DATABASE_URL names no file: what is stored has to outlive the process.")
    except (ValueError, sqlalchemy.exc.ArgumentError):  # without its text: it may hold a password
        raise ConfigError(
            "DATABASE_URL is not an address such as sqlite:///var/lessonroom.db or postgresql://USER:PASSWORD@HOST/NAME."
        ) from None
    return url


def _listed(given: Mapping[str, str], name: str) -> list[str]:
    return [one.strip() for one in given.get(name, "").split(",") if one.strip()]


def _port(given: Mapping[str, str], name: str = "PORT", default: int = _DEFAULTS.port) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise ConfigError(f"{name} {text!r} is not a number from 0 to 65535.")
    return int(text)


def _origin(name: str, text: str) -> str:
    wrong = ConfigError(f"{name} {text!r} is not an address such as https://lessons.example.org, without a path.")
    try:
        parts = urlsplit(text.rstrip("/"))
        port = parts.port
    except ValueError as problem:
        raise wrong from problem
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or "@" in parts.netloc:
        raise wrong
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = port in (None, 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}" if usual else f"{parts.scheme}://{host}:{port}"


def _address(name: str, text: str) -> str:
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError as problem:
        raise ConfigError(f"{name} {text!r} is not an IP address or network.") from problem


def _smtp(given: Mapping[str, str]) -> Secret | None:
    text = given.get("SMTP_URL")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong:  # without its text: it may hold a password
        raise ConfigError("SMTP_URL is not an address such as smtp://USER:PASSWORD@mail.example.org:587.")
    return Secret(text.encode())


def _mail(given: Mapping[str, str], name: str, default: str) -> str:
    text = given.get(name, default)
    local, _, domain = text.rpartition("@")
    if not local or not domain or any(c.isspace() or c in "<>,;" for c in text):
        raise ConfigError(f"{name} {text!r} is not one email address.")
    return text


def _zone(given: Mapping[str, str]) -> str:
    name = given.get("TIME_ZONE", _DEFAULTS.time_zone)
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ConfigError(f"TIME_ZONE {name!r} is not a known zone such as Europe/London.") from problem
    return name


def _ice_urls(given: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> tuple[str, ...]:
    urls = _listed(given, name)
    for url in urls:
        if not url.startswith(schemes) or any(c.isspace() for c in url):
            raise ConfigError(f"{name} {url!r} does not start with {' or '.join(schemes)}.")
    return tuple(urls)


def _stun(given: Mapping[str, str]) -> tuple[IceServer, ...]:
    return tuple(IceServer(urls=(url,)) for url in _ice_urls(given, "STUN_URLS", ("stun:", "stuns:")))


def _turn_secret(given: Mapping[str, str]) -> Secret | None:
    path = given.get("TURN_SECRET_FILE")
    return None if path is None else _secret_from("TURN_SECRET_FILE", Path(path))


def _relay(given: Mapping[str, str]) -> str:
    """``on``, ``off``, or where it is asked."""
    text = given.get("RELAY", "on")
    return text.lower() if text.lower() in ("on", "off") else text


def _relay_channel(given: Mapping[str, str]) -> ChannelAddress | None:
    text = _relay(given)
    if text in ("on", "off"):
        return None
    if text.startswith("unix:"):
        path = text.removeprefix("unix:").removeprefix("//")
        if 0 < len(path.encode()) <= SOCKET_PATH_BYTES_MAX:
            return ChannelAddress(path=path)
    wrong = ConfigError(
        f"RELAY {text!r} is not on, off, unix:PATH (at most {SOCKET_PATH_BYTES_MAX} letters) or tcp://IP:PORT."
    )
    try:
        parts = urlsplit(text)
        host, port = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError as problem:
        raise wrong from problem
    if parts.scheme != "tcp" or not port or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong
    if host.is_global or host.is_unspecified or host.is_multicast:
        raise ConfigError(
            f"RELAY {text!r} is an address of the open network: use one of this machine or of a private network."
        )
    return ChannelAddress(host=str(host), port=port)


def _relay_secret(given: Mapping[str, str]) -> Secret | None:
    path = given.get("RELAY_SECRET_FILE")
    return None if path is None else _secret_from("RELAY_SECRET_FILE", Path(path))


def _relay_addresses(given: Mapping[str, str]) -> tuple[str, ...]:
    named = [_reachable(text) for text in _listed(given, "RELAY_ADDRESS")] or [ipaddress.ip_address("127.0.0.1")]
    if len({address.version for address in named}) < len(named):
        raise ConfigError("RELAY_ADDRESS names more than one address of a kind: one IPv4 and one IPv6 at most.")
    return tuple(str(address) for address in named)


def _reachable(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    wrong = ConfigError(f"RELAY_ADDRESS {text!r} is not an IP address that browsers can send to.")
    try:
        address = ipaddress.ip_address(text)
    except ValueError as problem:
        raise wrong from problem
    # A link-local one needs the name of an interface, which no candidate can carry.
    if address.is_unspecified or address.is_multicast or address.is_link_local:
        raise wrong
    return address


def _log_level(given: Mapping[str, str]) -> Literal["debug", "info", "warning", "error"]:
    text = given.get("LOG_LEVEL", _DEFAULTS.log_level).lower()
    for level in ("debug", "info", "warning", "error"):
        if text == level:
            return level
    raise ConfigError(f"LOG_LEVEL {text!r} is not debug, info, warning or error.")
