"""Labels of chosen values: learned seldom, and at once where a value is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.kit.labels import Labels, Lists

NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)


class Keeper:
    """Whoever keeps the lists, and a clock."""

    def __init__(self, lists: Lists | None) -> None:
        self.lists = lists
        self.asked = 0
        self.at = NOON

    async def read(self) -> Lists | None:
        self.asked += 1
        return self.lists

    def now(self) -> datetime:
        return self.at


async def test_lists_are_read_once_an_hour_and_sooner_for_a_value_on_none_of_them() -> None:
    keeper = Keeper({"plan": {"e": "Elite"}, "note": {}})
    labels = Labels(keeper.read, keeper.now)
    assert await labels.of({}) == {}
    assert keeper.asked == 0
    for _ in range(2):
        assert await labels.of({"plan": "e", "note": "anything"}) == {"plan": "Elite"}
    assert keeper.asked == 1
    keeper.lists = {"plan": {"e": "Elite", "p": "Premium"}}
    assert await labels.of({"plan": "p"}) == {}
    keeper.at += timedelta(minutes=2)
    assert await labels.of({"plan": "p"}) == {"plan": "Premium"}
    keeper.at += timedelta(minutes=58)
    await labels.of({"plan": "p"})
    assert keeper.asked == 2
    keeper.at += timedelta(minutes=3)
    await labels.of({"plan": "p"})
    assert keeper.asked == 3


async def test_what_cannot_be_read_takes_no_label_away() -> None:
    keeper = Keeper({"plan": {"e": "Elite"}})
    labels = Labels(keeper.read, keeper.now)
    await labels.of({"plan": "e"})
    keeper.lists, keeper.at = None, NOON + timedelta(hours=2)
    assert await labels.of({"plan": "e"}) == {"plan": "Elite"}
