"""The phase table, by itself."""

from __future__ import annotations

from rooms.phases import MOVES, MOVES_WITHOUT_A_CHARGE, Cause, Phase


def test_every_phase_but_the_last_two_is_left_at_E_and_nothing_leaves_over() -> None:
    left_at_end = {phase for phase, cause in MOVES if cause is Cause.TIME_UP}
    assert left_at_end == set(Phase) - {Phase.RUNNING_ON, Phase.OVER}
    assert not [phase for phase, _ in MOVES if phase in (Phase.RUNNING_ON, Phase.OVER)]


def test_every_phase_is_reached() -> None:
    assert set(MOVES.values()) | {Phase.STARTING} == set(Phase)


def test_L1_without_a_charge_only_what_is_live_at_E_moves_otherwise() -> None:
    differing = {key for key in MOVES if MOVES[key] != MOVES_WITHOUT_A_CHARGE[key]}
    assert differing == {(Phase.BEGUN, Cause.TIME_UP)}
