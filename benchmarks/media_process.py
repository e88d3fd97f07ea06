"""A media server under test: its process, and what it costs over a stretch."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.cpu import machine_cpu_s, on_cpu_s, rss_kb

STOP_S = 10.0


@contextmanager
def running(server: Any, port: int, cores: set[int]) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, on these cores, asked and then ended."""
    process = subprocess.Popen(
        server.command(port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    try:
        server.open(port)
        yield process
        server.close()
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Spent:
    """Over one stretch."""

    seconds: float
    server_s: float
    """On a CPU, all threads of the server."""
    ours_s: float
    """The benchmark's own process."""
    others_s: float
    """Everybody else, browsers among them."""
    kb: float
    """Resident at its end."""

    @property
    def cores(self) -> float:
        return self.server_s / self.seconds

    @property
    def others_cores(self) -> float:
        return self.others_s / self.seconds


def measured(pid: int, hold: Callable[[], None]) -> Spent:
    """What the server spends while ``hold`` holds the load."""
    begun, server, own, everybody = time.monotonic(), on_cpu_s(pid), time.process_time(), machine_cpu_s()
    hold()
    seconds, server, own = time.monotonic() - begun, on_cpu_s(pid) - server, time.process_time() - own
    return Spent(seconds, server, own, max(0.0, machine_cpu_s() - everybody - server - own), rss_kb(pid))
