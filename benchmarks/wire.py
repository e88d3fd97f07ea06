"""Negotiation frames and chat per CPU-second of the server, latency, memory and joins, beside the bare relays."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import statistics
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.cpu import Meter, rss_kb
from benchmarks.load import Crowd
from benchmarks.peers import wait_for_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ROUNDS = 2
"""Servers take turns, and the median of their rounds (of two: the mean) is reported: the machine drifts."""
SATURATED_CLIENTS = 400
WINDOW = 4
"""Messages under way per client in the closed loop."""
WARM_S, MEASURED_S = 1.0, 4.0
PACED = ((400, 800.0), (2_000, 2_000.0))
"""Connections, and messages a second, of the latency runs."""
SETTLE_S = 4.0
"""After the last join: two reports show that media flows, and a room that becomes ready says so. Joins are apart."""
PACED_S = 6.0
PACED_ROUNDS = 2
NOTES = """
! = other processes used more than 0.15 cores: trust that row's latency little.
ours: real tickets, checks, rooms, SQLite with a sync at each commit; review left out (with it: ours_with_review).
Not as in production: no sign-in before the ticket, no TLS, the limits of one client's rate and of descriptions raised.
At a fixed rate each of our clients also sends a report a second, which is answered, as a page does; peers have none.
joins: into lessons that are open already, as the server opens booked ones by itself.
peerjs, python_socketio: bare relays; nothing is checked, reviewed or stored."""
PORT_FIRST = 9_701
QUIET_CORES = 0.15
"""A run in which other processes used more than this is marked as disturbed: its latency means little."""


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, so that server and load generator do not share."""
    if (os.cpu_count() or 1) > 1:
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), {core})


@asynccontextmanager
async def running(server: Any, port: int) -> AsyncIterator[subprocess.Popen[bytes]]:
    """One server process, on core 0."""
    process = subprocess.Popen(server.command(port), stdout=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        await wait_for_port(port)
        pin(process.pid, 0)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def saturated(server: Any, kind: str, port: int) -> dict[str, float]:
    """Messages delivered per CPU-second of the server at full load."""
    async with running(server, port) as process:
        crowd = Crowd(server, port)
        await crowd.gather(SATURATED_CLIENTS)
        meter = Meter(process.pid)

        async def measured() -> tuple[int, float, float]:
            await asyncio.sleep(WARM_S)
            meter.start()
            before = crowd.tally.delivered
            await asyncio.sleep(MEASURED_S)
            delivered = crowd.tally.delivered - before
            return delivered, *meter.stop()

        reading = asyncio.create_task(measured())
        await crowd.saturate(kind, WARM_S + MEASURED_S, WINDOW)
        delivered, cpu, others = await reading
        lost = crowd.lost
        await crowd.close()
    return {
        "per_cpu_s": delivered / cpu if cpu else 0.0,
        "per_s": delivered / MEASURED_S,
        "others_cores": others / MEASURED_S,
        "lost": lost,
    }


async def paced(server: Any, clients: int, per_second: float, port: int) -> dict[str, float]:
    """Latency from send to delivery at a fixed rate, and memory a connection; our clients report besides."""
    async with running(server, port) as process:
        await asyncio.sleep(0.5)
        crowd = Crowd(server, port)
        await crowd.gather(2)
        before = rss_kb(process.pid)
        await crowd.gather(clients - 2)
        await asyncio.sleep(SETTLE_S)
        memory = (rss_kb(process.pid) - before) / (clients - 2)
        crowd.tally.keep_latencies = True
        meter = Meter(process.pid)
        meter.start()
        sent = await crowd.pace("chat", PACED_S, per_second)
        cpu, others = meter.stop()
        await asyncio.sleep(1)
        values = sorted(crowd.tally.latencies_ns)
        lost = crowd.lost
        await crowd.close()
    if len(values) < 100:
        raise RuntimeError(f"{server.name}: only {len(values)} of {sent} messages arrived")
    return {
        "p50": values[len(values) // 2] / 1e6,
        "p99": values[len(values) * 99 // 100] / 1e6,
        "cores": cpu / PACED_S,
        "others_cores": others / PACED_S,
        "kb": memory,
        "arrived": len(values) / sent,
        "lost": lost,
    }


async def joins(server: Any, port: int, count: int = 600) -> float:
    """Connect and enter a room that is open, per CPU-second of the server."""
    async with running(server, port) as process:
        crowd = Crowd(server, port)
        await crowd.gather(count)
        await crowd.close()
        await asyncio.sleep(1)
        meter = Meter(process.pid)
        meter.start()
        await crowd.gather(count)
        cpu, _ = meter.stop()
        await crowd.close()
    return count / cpu if cpu else 0.0


Rows = list[dict[str, float]]
Result = dict[str, dict[str, Any]]


def _median(rows: Rows, key: str) -> float:
    return statistics.median(row[key] for row in rows)


def _print_row(name: str, *cells: str) -> None:
    print(f"{name:<20}" + "".join(f"{cell:>10}" for cell in cells))


async def compare_saturated(servers: dict[str, Any], kind: str, result: dict[str, Any], ports: Iterator[int]) -> None:
    """One kind of message at full load, the servers in turn."""
    rows: dict[str, Rows] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            rows[name].append(await saturated(server, kind, next(ports)))
    print()
    _print_row(f"{kind} /CPU-s", "median", "lowest", "highest", "others", "cut off")
    for name, values in rows.items():
        each = [row["per_cpu_s"] for row in values]
        result[name] = round(statistics.median(each))
        figures = (f"{figure:,.0f}" for figure in (statistics.median(each), min(each), max(each)))
        _print_row(name, *figures, f"{_median(values, 'others_cores'):.2f}", f"{_median(values, 'lost'):.0f}")


async def compare_paced(
    servers: dict[str, Any], clients: int, rate: float, result: Result, ports: Iterator[int]
) -> None:
    """Latency and memory at one fixed rate; our own rows are medians of several runs."""
    print()
    _print_row(f"{clients:,} at {rate:,.0f}/s", "p50 ms", "p99 ms", "cores", "others", "kB each", "arrived")
    for name, server in servers.items():
        rounds = PACED_ROUNDS if name.startswith("ours") else 1
        rows = [await paced(server, clients, rate, next(ports)) for _ in range(rounds)]
        row = {key: _median(rows, key) for key in rows[0]}
        others = f"{row['others_cores']:.2f}" + ("!" if row["others_cores"] > QUIET_CORES else "")
        _print_row(
            name, f"{row['p50']:.2f}", f"{row['p99']:.2f}", f"{row['cores']:.2f}", others, f"{row['kb']:.1f}",
            f"{row['arrived']:.3f}",
        )  # fmt: skip
        for key, value in (
            ("p99_ms", row["p99"]),
            ("p50_ms", row["p50"]),
            ("others_cores", row["others_cores"]),
        ):
            result[key].setdefault(str(clients), {})[name] = round(value, 2)
        result["kb_per_client"][name] = round(row["kb"], 1)


async def run(servers: dict[str, Any]) -> Result:
    """Everything, the servers in turn. Returns what the last line prints."""
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    ports = itertools.count(PORT_FIRST)
    keys = ("signals_per_cpu_s", "chat_per_cpu_s", "p99_ms", "p50_ms", "kb_per_client", "joins_per_cpu_s")
    result: Result = {key: {} for key in (*keys, "others_cores")}
    no_review = {name: server for name, server in servers.items() if name != "ours_with_review"}
    await compare_saturated(no_review, "offer", result["signals_per_cpu_s"], ports)
    await compare_saturated(servers, "chat", result["chat_per_cpu_s"], ports)
    for clients, rate in PACED:
        await compare_paced(servers, clients, rate, result, ports)
    print()
    _print_row("joins /CPU-s", "")
    for name, server in no_review.items():
        result["joins_per_cpu_s"][name] = round(await joins(server, next(ports)))
        _print_row(name, f"{result['joins_per_cpu_s'][name]:,}")
    print(NOTES)
    return result


def main(servers: dict[str, Any]) -> None:
    """Measure, print the tables, and at last one line of JSON."""
    print(json.dumps(asyncio.run(run(servers))))
