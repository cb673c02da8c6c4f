"""Statements that come again, by a shorter way to SQLite's driver.

SQLite answers most of the hub's statements within ten microseconds. SQLAlchemy spends two to ten
times that around each: it finds the text again, builds a context, a cursor with its events, and a
result that knows tables. A statement object that is run once more is therefore kept as what the
driver needs: the text that SQLAlchemy made of it, where each value goes, and what its types do to
values on the way in and out. What is shorter is the way alone; text, types and the sort of errors
remain SQLAlchemy's. Everything unusual (many rows at once, lists in an UPDATE, defaults that
Python computes) takes the long way, as do statements that are built for one use.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any, cast
from weakref import WeakKeyDictionary, WeakMethod, ref

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]
Shape = tuple[object, ...]
"""What the text follows from beside the statement: the names of the values that a row is written
with, and how many there are in each list."""

SHAPES = 64
"""So many shapes of one statement are kept; it takes the long way with any other."""

DIALECT = SQLiteDialect_pysqlite(dbapi=sqlite3)
DML = (sa.Insert, sa.Update, sa.Delete)
READING = (sa.Select, sa.CompoundSelect)


class Rows(IteratorResult[Any]):
    """The rows of a statement; `rowcount` as the driver counts what was written."""

    rowcount: int = -1


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the value of one `?` comes from: the caller, under its name, or the statement.

    `place`: which of the list that the caller gave; None where it is no list.
    """

    key: str
    place: int | None
    default: Callable[[], Any] | None
    convert: Convert | None

    def value(self, given: Mapping[str, Any]) -> Any:
        """The value, as the driver takes it."""
        if self.key in given:
            found = given[self.key]
        elif self.default is not None:
            found = self.default()
        else:
            raise LookupError(f"A value is required for bind parameter {self.key!r}")
        if self.place is not None:
            found = found[self.place]
        return found if self.convert is None else self.convert(found)


class Shortcut:
    """One text of a statement, ready for the driver."""

    def __init__(
        self, text: str, slots: Sequence[Slot], converts: Sequence[Convert | None]
    ) -> None:
        self._text = text
        # A value that stands in several places is asked for once: a clock may move in between.
        self.slots = tuple(dict.fromkeys(slots))
        self._order = [self.slots.index(each) for each in slots]
        self._converts = [(at, each) for at, each in enumerate(converts) if each is not None]
        self._told: SimpleResultMetaData | None = None

    def run(self, driver: sqlite3.Connection, given: Mapping[str, Any]) -> Rows:
        """Run it; all rows are there afterwards. Errors are SQLAlchemy's, without the values."""
        try:
            values = [each.value(given) for each in self.slots]
        except Exception as error:
            raise exc.StatementError(str(error), self._text, None, error) from error
        try:
            cursor = driver.execute(self._text, [values[at] for at in self._order])
            found = cursor.fetchall()
        except sqlite3.Error as error:
            sort = getattr(exc, type(error).__name__, exc.DBAPIError)
            raise sort(self._text, None, error) from error
        if self._told is None:
            named = cursor.description or ()
            self._told = SimpleResultMetaData([each[0] for each in named])
        if self._converts:
            found = [self._converted(each) for each in found]
        rows = Rows(self._told, iter(found))
        rows.rowcount = cursor.rowcount
        return rows

    def _converted(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = [*row]
        for at, convert in self._converts:
            values[at] = convert(values[at])
        return tuple(values)


class Known:
    """The shortcuts of a statement that came again, by the shape of what is given.

    Nothing here refers to the statement, which is forgotten with the last of those who use it.
    """

    def __init__(self, statement: Any) -> None:
        self._writes = isinstance(statement, DML)
        self._shortcuts: dict[Shape, Shortcut | None] = {}
        self._lists: tuple[str, ...] = ()
        if not self._writes:
            binds = cast(SQLCompiler, statement.compile(dialect=DIALECT)).binds.values()
            self._lists = tuple(sorted({each.key for each in binds if each.expanding}))

    def shortcut(self, statement: Any, given: Mapping[str, Any]) -> Shortcut | None:
        """The one for what is given; None where only the long way will do."""
        shape: Shape
        if self._writes:
            shape = tuple(given)
        elif any(not isinstance(given.get(each, ()), (list, tuple)) for each in self._lists):
            return None
        else:
            shape = tuple(len(given[each]) if each in given else None for each in self._lists)
        try:
            return self._shortcuts[shape]
        except KeyError:
            if len(self._shortcuts) == SHAPES:
                return None
            found = self._shortcuts[shape] = _made(statement, given)
            return found


def _made(statement: Any, given: Mapping[str, Any]) -> Shortcut | None:
    writes = isinstance(statement, DML)
    keys = sorted(given) if writes else None
    compiled = cast(SQLCompiler, statement.compile(dialect=DIALECT, column_keys=keys))
    binds = {name: each for each, name in compiled.bind_names.items()}
    if compiled.prefetch or (writes and any(each.expanding for each in binds.values())):
        return None
    ready = compiled.construct_expanded_state(dict(given))
    places = {
        name: (whole, at)
        for whole, names in ready.parameter_expansion.items()
        for at, name in enumerate(names)
    }
    made: dict[str, Slot] = {}
    for name in ready.positiontup or ():
        if name not in made:
            whole, place = places.get(name, (name, None))
            made[name] = _slot(binds[whole], place)
    slots = [made[name] for name in ready.positiontup or ()]
    columns: Any = statement.exported_columns if writes else statement.selected_columns
    return Shortcut(ready.statement, slots, [_out(each.type) for each in columns])


def _slot(bind: sa.BindParameter[Any], place: int | None) -> Slot:
    convert = bind.type.dialect_impl(DIALECT).bind_processor(DIALECT)
    return Slot(bind.key, place, _default(bind), convert)


def _default(bind: sa.BindParameter[Any]) -> Callable[[], Any] | None:
    """What says the value that the statement brings along; None where the caller must say it."""
    if bind.callable is not None:
        # What is called may hold the statement; whoever runs the statement holds what is called.
        method = isinstance(bind.callable, MethodType)
        held: Any = WeakMethod(bind.callable) if method else ref(bind.callable)
        return lambda: held()()
    value = bind.value
    return None if bind.required else lambda: value


def _out(kind: Any) -> Convert | None:
    """What a column's type does to what the driver found."""
    return cast(Convert | None, kind.dialect_impl(DIALECT).result_processor(DIALECT, None))


_known: WeakKeyDictionary[sa.Executable, Known | None] = WeakKeyDictionary()
"""What is known of each statement; None once it has been run once."""


def shortcut(statement: sa.Executable, given: object) -> Shortcut | None:
    """The shortcut for this statement and these values; None: it takes the long way.

    To be called from the event loop's thread alone.
    """
    if not isinstance(statement, DML + READING) or isinstance(given, (list, tuple)):
        return None
    try:
        known = _known[statement]
    except KeyError:
        # It may be built for this one use.
        _known[statement] = None
        return None
    if known is None:
        known = _known[statement] = Known(statement)
    return known.shortcut(statement, cast(Mapping[str, Any], given or {}))
