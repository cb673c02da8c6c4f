"""What a ticket says, in the words of its mapping: tables and defaults applied, options known."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.core.detector import KnownSentry
from bridge.core.values import canonical
from bridge.domain.findings import Finding
from bridge.domain.mapping import CustomerSource, Mapping
from bridge.domain.mapping_base import PropertySource
from bridge.domain.records import (
    BODY,
    KEY,
    SUBJECT,
    URL,
    Company,
    Contact,
    Observation,
    Reference,
    Value,
)
from bridge.domain.refs import Ref

PROPERTY = "property:"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the ticket says on one point.

    `values` are set on the ticket; `labels` are what people see of each. `unmapped` are values
    that the mapping's table does not know: then there are no `values` and no default either.
    """

    values: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    default: str | None = None
    unmapped: tuple[str, ...] = ()
    at: datetime | None = None

    @property
    def present(self) -> bool:
        """Whether a value is set; a default is none."""
        return bool(self.values)

    @property
    def word(self) -> str | None:
        """The one value, else the default; None where there are several or nothing."""
        if len(self.values) > 1 or self.unmapped:
            return None
        return self.values[0] if self.values else self.default

    @property
    def words(self) -> tuple[str, ...]:
        """All values, else the default alone."""
        if self.values or self.unmapped or self.default is None:
            return self.values
        return (self.default,)


@dataclass(frozen=True, slots=True)
class Facts:
    """A ticket read through its mapping."""

    ref: Ref
    observation: Observation
    mapping: Mapping
    reference: Reference
    company: Company | None = None
    sentry: KnownSentry = field(default_factory=KnownSentry)
    """By which a reference to error tracking is known."""
    contacts: Table[str, Contact] = field(default_factory=dict)
    """The people on the ticket by their ids, as far as the mapping asks for their properties."""

    def read(self, name: str) -> Reading:
        """What the ticket says on `category`, `severity`, `customer`, … or `property:<name>`."""
        if name.startswith(PROPERTY):
            return self._property(name.removeprefix(PROPERTY))
        if name == "category":
            return self.of(self.mapping.ticket.category)
        if name == "severity":
            severity = self.mapping.ticket.severity
            return Reading() if severity is None else self.of(severity)
        if name in ("customer", "plan"):
            return self._of_company(name)
        if name == "id":
            return _single(self.ref.id)
        standard = {"subject": SUBJECT, "url": URL, "key": KEY, "description": BODY}.get(name)
        if standard is None:
            return Reading()
        return _single(self.observation.text(standard), self.observation.at(standard))

    def unmapped(self) -> tuple[Finding, ...]:
        """A finding for each value of category or severity that the mapping's tables lack."""
        sources = {"category": self.mapping.ticket.category}
        if self.mapping.ticket.severity is not None:
            sources["severity"] = self.mapping.ticket.severity
        return tuple(
            value_unmapped(self.ref, source.property, value)
            for name, source in sources.items()
            for value in self.read(name).unmapped
        )

    def of(self, source: PropertySource) -> Reading:
        """What the ticket says where that source looks."""
        seen = self._property(source.property)
        if source.values is None:
            return Reading(seen.values, seen.labels, source.default, (), seen.at)
        words: list[str] = []
        unmapped: list[str] = []
        for value, label in zip(seen.values, seen.labels, strict=True):
            word = source.values.get(value, source.values.get(label))
            if word is None:
                unmapped.append(value)
            elif word not in words:
                words.append(word)
        if unmapped:
            return Reading(unmapped=tuple(unmapped), at=seen.at)
        return Reading(tuple(words), tuple(words), source.default, (), seen.at)

    def _property(self, name: str) -> Reading:
        info = self.reference.fields.get(name)
        options = dict(info.options) if info is not None else {}
        values = tuple(_values(self.observation.value(name), options))
        labels = tuple(options.get(each, each) for each in values)
        return Reading(values, labels, at=self.observation.at(name))

    def _of_company(self, name: str) -> Reading:
        source = self.mapping.ticket.customer
        if source is None or self.company is None:
            return Reading()
        if name == "customer":
            return _single(called(source, self.company))
        plan = _single(self.company.properties.get(source.plan) if source.plan else None)
        seen = self.company.labels.get(source.plan or "")
        return replace(plan, labels=(seen,)) if plan.present and seen else plan


def called(source: CustomerSource, company: Company) -> str:
    """What people call the company."""
    return company.properties.get(source.name) or company.name


def value_unmapped(ref: Ref, field: str, value: str) -> Finding:
    """The finding that no table says what this value means."""
    topic = f"{field}:{value}"[:200]
    data = {"field": field, "value": value}
    return Finding("VALUE_UNMAPPED", ref.connection, str(ref), topic, data)


def _single(text: str | None, at: datetime | None = None) -> Reading:
    if text is None or not text.strip():
        return Reading(at=at)
    return Reading((text,), (text,), at=at)


def _values(value: Value, options: dict[str, str]) -> list[str]:
    """The values of a field; a vendor's `a;b` is several if those, not it, are its options."""
    if isinstance(value, list):
        texts = [canonical(each) for each in value if not isinstance(each, list | dict)]
        return list(dict.fromkeys(each for each in texts if each.strip()))
    if isinstance(value, dict):
        return []
    text = canonical(value)
    parts = [each.strip() for each in text.split(";") if each.strip()]
    if len(parts) > 1 and text not in options and all(each in options for each in parts):
        return list(dict.fromkeys(parts))
    return [text] if text.strip() else []
