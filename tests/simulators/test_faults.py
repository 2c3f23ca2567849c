import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.simulators.faults import Fault, FaultKind, FaultPlan, Stage

KIND = FaultKind.STALL


def hits(fault: Fault | None, operations: list[str]) -> list[bool]:
    plan = FaultPlan(fault)
    return [plan.next(operation) is not None for operation in operations]


def test_no_fault() -> None:
    assert hits(None, ["chat", "chat"]) == [False, False]


def test_falls_upon_all_by_default() -> None:
    assert hits(Fault(KIND), ["chat", "speech", "other"]) == [True, True, True]


def test_spares_the_first_and_stops_after_its_times() -> None:
    assert hits(Fault(KIND, after=2, times=2), ["chat"] * 6) == [False, False, True, True, False, False]


def test_requests_for_other_operations_are_neither_hit_nor_counted() -> None:
    fault = Fault(KIND, path="chat", after=1, times=1)
    assert hits(fault, ["speech", "chat", "speech", "chat", "chat"]) == [False, False, False, True, False]


@pytest.mark.parametrize(("probability", "expected"), [(0.0, False), (1.0, True)])
def test_certain_probabilities(probability: float, expected: bool) -> None:
    assert hits(Fault(KIND, probability=probability), ["chat"] * 20) == [expected] * 20


def test_the_seed_decides_the_dice() -> None:
    first, again, other = (hits(Fault(KIND, probability=0.5, seed=seed), ["chat"] * 200) for seed in (1, 1, 2))
    assert first == again != other
    assert 50 < sum(first) < 150


@given(
    after=st.integers(0, 5),
    times=st.none() | st.integers(1, 5),
    probability=st.floats(0, 1),
    path=st.sampled_from([None, "chat"]),
    operations=st.lists(st.sampled_from(["chat", "speech"]), max_size=30),
)
def test_bounds_hold_for_all_plans(
    after: int, times: int | None, probability: float, path: str | None, operations: list[str]
) -> None:
    result = hits(Fault(KIND, path=path, after=after, times=times, probability=probability), operations)
    eligible = [hit for hit, operation in zip(result, operations, strict=True) if path in (None, operation)]
    assert sum(result) == sum(eligible)
    assert not any(eligible[:after])
    assert times is None or sum(result) <= times


@pytest.mark.parametrize(
    "members",
    [
        {"probability": 1.5},
        {"probability": -0.1},
        {"times": 0},
        {"after": -1},
        {"chunks": -1},
        {"seconds": -1.0},
        {"retry_after": "1\r\nX: y"},
        {"turn": -1},
        {"words": -1},
        {"code": 999},
    ],
)
def test_nonsense_is_refused_in_python_and_in_json(members: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Fault(KIND, **members)  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "stall", **members}, Fault)


def test_statuses() -> None:
    statuses = {kind.value: kind.status for kind in FaultKind if kind.status is not None}
    assert statuses.pop("quota") == 429
    assert statuses == {name: int(name) for name in statuses}
    assert sorted(statuses.values()) == [400, 401, 402, 403, 404, 413, 415, 422, 429, 500, 503]


@pytest.mark.parametrize(
    ("fault", "stage"),
    [
        (Fault(FaultKind.REFUSE), Stage.CONNECT),
        (Fault(FaultKind.SILENT), Stage.CONNECT),
        (Fault(FaultKind.SLOW), Stage.CONNECT),
        (Fault(FaultKind.RATE_LIMITED), Stage.CONNECT),
        (Fault(FaultKind.CUT), Stage.AUDIO),
        (Fault(FaultKind.SESSION_ERROR), Stage.AUDIO),
        (Fault(FaultKind.SLOW, at=Stage.CALL), Stage.CALL),
    ],
)
def test_stages(fault: Fault, stage: Stage) -> None:
    assert fault.stage is stage
    assert [fault.falls(stage, turn) for turn in (1, 2)] == [True, False]
    assert not any(fault.falls(other, 1) for other in Stage if other is not stage)


def test_a_later_turn_and_each() -> None:
    later, each = Fault(KIND, turn=2), Fault(KIND, turn=0)
    assert [later.falls(Stage.AUDIO, turn) for turn in (1, 2, 3)] == [False, True, False]
    assert all(each.falls(Stage.AUDIO, turn) for turn in (1, 2, 3))


@pytest.mark.parametrize("kind", [FaultKind.CLOSE, FaultKind.SESSION_ERROR])
def test_what_is_not_connected_cannot_be_closed(kind: FaultKind) -> None:
    with pytest.raises(ValueError, match="cannot be closed"):
        Fault(kind, at=Stage.CONNECT)
