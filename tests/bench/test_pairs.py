"""The count of calls for a pair can be believed: it sees every call, and a change that is lost."""

from __future__ import annotations

from bench.__main__ import _of_pair
from bench.pairing import COMMENT, DATE, STEP, TICKETS, Cost, pairs


async def test_pair_whose_webhook_is_whole_costs_a_write_and_comments_say_why_they_cost_more() -> (
    None
):
    found = {each.kind: each for each in await pairs(1, desks=["hubspot"], boards=["boards"])}
    assert {each.arrived for each in found.values()} == {TICKETS}
    for kind in (STEP, DATE):
        assert (found[kind].writes, found[kind].reads, found[kind].reason) == (1, 0, "")
    assert found[COMMENT].writes == 1
    assert found[COMMENT].reads > 0
    assert found[COMMENT].reason.startswith("Azure DevOps Boards: ")
    assert all(_of_pair(each).holds for each in found.values())


def test_row_of_a_pair_holds_only_what_arrived_with_one_write_and_reads_with_a_reason() -> None:
    def holds(arrived: int, writes: float, reads: float, reason: str = "") -> bool:
        cost = Cost("hubspot", "boards", STEP, 10, arrived, writes, reads, False, reason)
        return _of_pair(cost).holds

    assert holds(10, 1.0, 0.0)
    assert holds(10, 1.0, 2.0, "no webhook tells of it")
    assert not holds(10, 1.0, 0.1)
    assert not holds(10, 1.1, 0.0)
    assert not holds(9, 1.0, 0.0)
