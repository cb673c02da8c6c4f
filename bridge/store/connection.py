"""The type of what statements are run on, without what it costs to import it.

SQLAlchemy's asynchronous side brings its whole object mapper, 9 MB of memory that a hub on SQLite
has no use for: it is imported where PostgreSQL is opened, and here for the type checker alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection as AsyncConnection
else:
    AsyncConnection = object
