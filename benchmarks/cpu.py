"""CPU time and memory of a process, and what everybody else used meanwhile, from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid: int) -> float:
    """User + system seconds of a process and its threads so far."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def on_cpu_s(pid: int) -> float:
    """Seconds that a process's threads have run so far, to the nanosecond; a thread that has ended is not counted."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:  # it ended meanwhile
            continue
    return total / 1e9


def machine_cpu_s() -> float:
    """Busy seconds of all cores so far."""
    with open("/proc/stat") as file:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def rss_kb(pid: int) -> float:
    """Resident memory in kB (of 1,000 bytes)."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * PAGE_BYTES / 1_000


@dataclass
class Meter:
    """Reads the server's CPU, the load generator's and everybody else's over one stretch."""

    pid: int

    def start(self) -> None:
        """Begin a stretch."""
        self._server, self._own, self._all = cpu_s(self.pid), cpu_s(os.getpid()), machine_cpu_s()

    def stop(self) -> tuple[float, float]:
        """CPU seconds of the server, and of others (neither server nor load generator)."""
        server = cpu_s(self.pid) - self._server
        own = cpu_s(os.getpid()) - self._own
        return server, max(0.0, machine_cpu_s() - self._all - server - own)
