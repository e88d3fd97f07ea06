"""Twenty-four thousand datagrams of `fuzz`, which by itself runs a million: hypothesis chooses the seeds, each of which
is another order of events."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from signalling.relay.port import Source
from tests.signalling.relay import fuzz
from tests.signalling.relay.peer import Net, Peer, relay

SEEDS = 3
DATAGRAMS = 8_000


@settings(
    max_examples=SEEDS,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.integers(0, 2**32))
def test_no_datagram_raises_and_no_state_grows(seed: int) -> None:
    fuzz.run(DATAGRAMS, seed, heap=False)


def test_python_s_heap_does_not_grow() -> None:
    report = fuzz.run(14_000, seed=11)
    assert report.heap <= fuzz.HEAP_BYTES_MAX


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=80), st.sampled_from(["teacher", "stranger"])), max_size=20))
def test_whatever_bytes_come_before_a_leg_is_connected_it_connects(datagrams: list[tuple[bytes, str]]) -> None:
    sources: dict[str, Source] = {"teacher": ("198.51.100.1", 1), "stranger": ("198.51.100.2", 2)}
    net = Net(relay())
    for datagram, who in datagrams:
        net.inject([datagram], sources[who])
    assert net.relay.size() == 0
    teacher = Peer("teacher", sources["teacher"])
    net.peers.append(teacher)
    teacher.negotiate(net.relay, net.now)
    for datagram, who in datagrams:
        net.inject([datagram], sources[who])
    assert net.relay.outgoing() == []
    net.connect(teacher)
