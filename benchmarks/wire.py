"""Negotiation frames and chat per CPU-second of the server, latency, memory and joins, beside the bare relays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.cpu import Meter, rss_kb
from benchmarks.load import Crowd
from benchmarks.peers import PeerJs, SocketIo, wait_for_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROUNDS = 3
"""Servers take turns, and the median of their rounds is reported: the machine drifts."""
SATURATED_CLIENTS = 400
WINDOW = 4
"""Messages under way per client in the closed loop."""
WARM_S, MEASURED_S = 1.0, 4.0
PACED = ((400, 800.0), (2_000, 2_000.0))
"""Connections, and messages a second, of the latency runs."""
PACED_S = 8.0
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
    process = subprocess.Popen(server.command(port), stdout=subprocess.DEVNULL)  # noqa: S603, ASYNC220
    try:
        await wait_for_port(port)
        pin(process.pid, 0)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)  # noqa: ASYNC222
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()  # noqa: ASYNC222


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
    """Latency from send to delivery at a fixed rate, and memory a connection."""
    async with running(server, port) as process:
        await asyncio.sleep(0.5)
        crowd = Crowd(server, port)
        await crowd.gather(2)
        before = rss_kb(process.pid)
        await crowd.gather(clients - 2)
        await asyncio.sleep(1)
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


async def joins(server: Any, port: int, count: int = 1_000) -> float:
    """Connect and enter a room, per CPU-second of the server."""
    async with running(server, port) as process:
        crowd = Crowd(server, port)
        await crowd.gather(50)
        meter = Meter(process.pid)
        meter.start()
        await crowd.gather(count)
        cpu, _ = meter.stop()
        await crowd.close()
    return count / cpu if cpu else 0.0


def _median(rows: list[dict[str, float]], key: str) -> float:
    return statistics.median(row[key] for row in rows)


async def run(servers: dict[str, Any], port: int = 9_700) -> dict[str, Any]:
    """Everything, the servers in turn. Returns what the last line prints."""
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    result: dict[str, Any] = {
        "signals_per_cpu_s": {},
        "chat_per_cpu_s": {},
        "p99_ms": {},
        "p50_ms": {},
        "kb_per_client": {},
        "joins_per_cpu_s": {},
        "others_cores": {},
    }
    for kind, key in (("offer", "signals_per_cpu_s"), ("chat", "chat_per_cpu_s")):
        rows: dict[str, list[dict[str, float]]] = {name: [] for name in servers}
        for _ in range(ROUNDS):
            for name, server in servers.items():
                if kind == "offer" and name == "ours_with_review":
                    continue
                port += 1
                rows[name].append(await saturated(server, kind, port))
        print(
            f"\n{'server':<20}{kind + ' /CPU-s':>16}{'lowest':>10}{'highest':>10}{'others':>8}{'cut off':>9}"
        )
        for name, values in rows.items():
            if not values:
                continue
            each = [row["per_cpu_s"] for row in values]
            result[key][name] = round(statistics.median(each))
            others = _median(values, "others_cores")
            print(
                f"{name:<20}{statistics.median(each):>16,.0f}{min(each):>10,.0f}{max(each):>10,.0f}{others:>8.2f}"
                f"{_median(values, 'lost'):>9.0f}"
            )
    print(
        f"\n{'server':<20}{'clients':>9}{'msg/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'cores':>7}{'others':>8}{'kB each':>9}{'arrived':>9}"
    )
    for clients, rate in PACED:
        for name, server in servers.items():
            rows_paced = []
            for _ in range(ROUNDS if name.startswith("ours") else 1):
                port += 1
                rows_paced.append(await paced(server, clients, rate, port))
            row = {key: _median(rows_paced, key) for key in rows_paced[0]}
            disturbed = "  disturbed" if row["others_cores"] > QUIET_CORES else ""
            print(
                f"{name:<20}{clients:>9,}{rate:>8,.0f}{row['p50']:>9.2f}{row['p99']:>9.2f}{row['cores']:>7.2f}"
                f"{row['others_cores']:>8.2f}{row['kb']:>9.1f}{row['arrived']:>9.3f}{disturbed}"
            )
            for key, value in (
                ("p99_ms", row["p99"]),
                ("p50_ms", row["p50"]),
                ("others_cores", row["others_cores"]),
            ):
                result[key].setdefault(str(clients), {})[name] = round(value, 2)
            if clients == PACED[-1][0]:
                result["kb_per_client"][name] = round(row["kb"], 1)
    print(f"\n{'server':<20}{'joins /CPU-s':>14}")
    for name, server in servers.items():
        port += 1
        result["joins_per_cpu_s"][name] = round(await joins(server, port))
        print(f"{name:<20}{result['joins_per_cpu_s'][name]:>14,}")
    return result


def main(servers: dict[str, Any] | None = None) -> None:
    """Print the tables, and as the last line one JSON object."""
    import uvloop

    chosen = servers or {"peerjs": PeerJs(), "python_socketio": SocketIo()}
    print(json.dumps(uvloop.run(run(chosen))))


if __name__ == "__main__":
    main()
