"""Networks of our own to cut: a namespace for each side and one for the server, joined by a bridge.

Nothing outside the namespaces is touched: the bridge and the server's listening socket live in the server's, no address
or rule of the machine's own network changes. Names carry this process's number, so that two runs do not meet, and a run
that was killed is swept up by the next one.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

PREFIX: Final = "lessonroom-"
"""Every namespace of ours begins so: nobody else's is ever removed."""
SERVER: Final = "10.77.0.1"
"""Of the server, and of TURN. The namespaces see no other network, so no address can be taken."""
ADDRESSES: Final = {"teacher": "10.77.0.2", "sam": "10.77.0.3"}
OTHER_ADDRESS: Final = "10.77.0.33"
"""What a side gets when it walks from one network to another."""
PORT: Final = 8080
RELAY_PORT: Final = 8081
"""The media relay's, on the server's address."""
_CLONE_NEWNET: Final = 0x4000_0000
_NAMED: Final = Path("/run/netns")

What = Literal["media", "control", "direct", "leg"]
"""All UDP; TCP to and from the server's port; UDP between the sides alone; UDP to and from the media relay alone."""
Way = Literal["both", "in", "out"]


def run(*command: str) -> str:
    """Run a program of the machine's; its output.

    Raises:
        AssertionError: with what it said, if it failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}"
    return done.stdout


def why_not() -> str:
    """Why this machine cannot have namespaces that can be cut; empty if it can. Tried, not guessed."""
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "network namespaces need root"
    missing = [name for name in ("ip", "iptables") if shutil.which(name) is None]
    if missing:
        return f"no {' and no '.join(missing)} here: install iproute2 and iptables"
    probe = f"{PREFIX}{os.getpid()}-probe"
    try:
        run("ip", "netns", "add", probe)
        run("ip", "-n", probe, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", probe, "link", "add", "a0", "type", "veth", "peer", "name", "a1")
        random_drop = ("-m", "statistic", "--mode", "random", "--probability", "0.2", "-j", "DROP")
        run("ip", "netns", "exec", probe, "iptables", "-w", "-A", "INPUT", "-p", "udp", *random_drop)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        return f"the kernel forbids: {error}"
    finally:
        remove(probe)
    return ""


def ours() -> list[str]:
    """The namespaces of this project, whichever run made them."""
    return sorted(path.name for path in _NAMED.glob(f"{PREFIX}*")) if _NAMED.is_dir() else []


def remove(name: str) -> None:
    """End what still runs in a namespace of ours, and take it away with its links and rules; harmless a second time."""
    assert name.startswith(PREFIX)
    if not (_NAMED / name).exists():
        return
    listed = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
    for pid in listed.stdout.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def sweep() -> None:
    """Remove what runs left behind that could not do so themselves (kill -9, a crash): their process is gone."""
    for name in ours():
        owner = name.removeprefix(PREFIX).split("-")[0]
        if not owner.isdigit() or not Path(f"/proc/{owner}").exists():
            remove(name)


class Namespace:
    """One namespace of this process, with what may be done in it."""

    def __init__(self, role: str) -> None:
        self.name = f"{PREFIX}{os.getpid()}-{role}"
        run("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *words: str) -> str:
        """One `ip` command in here."""
        return run("ip", "-n", self.name, *words)

    def rule(self, *words: str) -> None:
        """One `iptables` command in here."""
        run("ip", "netns", "exec", self.name, "iptables", "-w", *words)

    def command(self, *words: str) -> list[str]:
        """The command line that runs a program in here."""
        return ["ip", "netns", "exec", self.name, *words]

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """What this thread opens meanwhile, it opens in here. Keep it short: no thread may be started in it."""
        setns = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/thread-self/ns/net") as home, open(_NAMED / self.name) as there:
            if setns(there.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")
            try:
                yield
            finally:
                assert setns(home.fileno(), _CLONE_NEWNET) == 0, "cannot come back from the namespace"

    def listen(self, address: tuple[str, int], kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        """A bound socket in here, of TCP or UDP, for a server that runs elsewhere."""
        with self.entered():
            made = socket.socket(type=kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        return made


class Side(Namespace):
    """One person's place: the machine on which the browser runs, and its way to everybody else."""

    def __init__(self, role: str, hub: Namespace) -> None:
        super().__init__(role)
        self.address = ADDRESSES[role]
        self.link = f"to-{role}"
        hub.ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        hub.ip("link", "set", self.link, "master", "br0", "up")
        self.ip("address", "add", f"{self.address}/24", "dev", "eth0")
        self.ip("link", "set", "eth0", "up")
        self.ip("route", "add", "default", "via", SERVER)

    def cut(self, *what: What, way: Way = "both") -> None:
        """Drop packets of these kinds."""
        for kind in what:
            if way != "out":
                self.rule("-A", "INPUT", *_match(kind, "s"), "-j", "DROP")
            if way != "in":
                self.rule("-A", "OUTPUT", *_match(kind, "d"), "-j", "DROP")

    def lose(self, share: float) -> None:
        """Lose this share of all UDP that comes in, at random."""
        chance = ("-m", "statistic", "--mode", "random", "--probability", str(share))
        self.rule("-A", "INPUT", "-p", "udp", *chance, "-j", "DROP")

    def heal(self) -> None:
        """Every rule away."""
        self.rule("-F")

    def move(self, address: str) -> None:
        """Have another address instead of the one before, as when a telephone goes from one network to another."""
        self.ip("address", "del", f"{self.address}/24", "dev", "eth0")
        self.ip("address", "add", f"{address}/24", "dev", "eth0")
        # The kernel has taken the route away together with the address.
        self.ip("route", "add", "default", "via", SERVER)
        self.address = address

    def home(self) -> None:
        """Whole, and where it was in the beginning."""
        self.heal()
        first = next(address for role, address in ADDRESSES.items() if self.link == f"to-{role}")
        if self.address != first:
            self.move(first)


def _match(what: What, end: Literal["s", "d"]) -> tuple[str, ...]:
    """The packets of this kind, by the port or address of their other end: source or destination."""
    match what:
        case "media":
            return ("-p", "udp")
        case "control":
            return ("-p", "tcp", f"--{end}port", str(PORT))
        case "leg":
            return ("-p", "udp", f"-{end}", SERVER, f"--{end}port", str(RELAY_PORT))
        case "direct":
            return ("-p", "udp", "!", f"-{end}", SERVER)


class Town:
    """All of it: the server's namespace with the bridge, and the two sides'."""

    def __init__(self) -> None:
        sweep()
        try:
            self.hub = Namespace("server")
            self.hub.ip("link", "add", "br0", "type", "bridge")
            self.hub.ip("address", "add", f"{SERVER}/24", "dev", "br0")
            self.hub.ip("link", "set", "br0", "up")
            self.sides = {role: Side(role, self.hub) for role in ADDRESSES}
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take everything away that this process made."""
        for name in ours():
            if name.startswith(f"{PREFIX}{os.getpid()}-"):
                remove(name)
