"""How a database looks up what it is asked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite


class Explained:
    """A connection that keeps how SQLite would look up what is read over it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.plans: list[str] = []

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        said = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        plan = await self._connection.execute(sa.text(f"EXPLAIN QUERY PLAN {said}"))
        self.plans += [each["detail"] for each in plan.mappings()]
        return await self._connection.execute(statement)

    async def scalar(self, statement: Any) -> Any:
        return (await self.execute(statement)).scalar()
