"""Domain values to JSON columns and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from bridge.domain.drafts import Draft, DraftState, Reached, Said
from bridge.domain.held import HeldState, HeldText
from bridge.domain.links import Fingerprint, Refusal
from bridge.domain.phases import KnownPhase
from bridge.domain.promises import Timeline, Wait, Word
from bridge.domain.records import (
    Company,
    Fact,
    FieldInfo,
    Observation,
    Presence,
    ProjectInfo,
    Reference,
    Source,
    StatusCategory,
    StatusInfo,
)
from bridge.domain.refs import Ref


def observation_to_json(observation: Observation) -> dict[str, Any]:
    """The observation without its ref, which is the row's key."""
    return {
        "facts": {k: [f.value, f.at.isoformat()] for k, f in observation.facts.items()},
        "seen_at": observation.seen_at.isoformat(),
        "source": observation.source.value,
        "revision": observation.revision,
        "whole": observation.whole,
        "presence": observation.presence.value,
    }


def observation_from_json(ref: Ref, data: dict[str, Any]) -> Observation:
    """The observation of `ref` as `observation_to_json` wrote it."""
    return Observation(
        ref=ref,
        facts={k: Fact(v, datetime.fromisoformat(at)) for k, (v, at) in data["facts"].items()},
        seen_at=datetime.fromisoformat(data["seen_at"]),
        source=Source(data["source"]),
        revision=data["revision"],
        whole=data["whole"],
        presence=Presence(data["presence"]),
    )


def _moments(texts: list[str]) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(each) for each in texts)


def fingerprint_to_json(pair: Fingerprint) -> dict[str, Any]:
    """The pair without its field, which is the row's key."""
    return {
        "sent": pair.sent,
        "came_back": pair.came_back,
        "written_at": pair.written_at.isoformat(),
        "writes": [each.isoformat() for each in pair.writes],
        "foreign_edits": [each.isoformat() for each in pair.foreign_edits],
        "frozen_until": None if pair.frozen_until is None else pair.frozen_until.isoformat(),
        "frozen_code": pair.frozen_code,
        "refused": None if pair.refused is None else asdict(pair.refused),
    }


def fingerprint_from_json(field: str, data: dict[str, Any]) -> Fingerprint:
    """The pair of `field` as `fingerprint_to_json` wrote it."""
    frozen = data["frozen_until"]
    return Fingerprint(
        field=field,
        sent=data["sent"],
        came_back=data["came_back"],
        written_at=datetime.fromisoformat(data["written_at"]),
        writes=_moments(data["writes"]),
        foreign_edits=_moments(data["foreign_edits"]),
        frozen_until=None if frozen is None else datetime.fromisoformat(frozen),
        frozen_code=data["frozen_code"],
        # Pairs of an earlier version have none.
        refused=Refusal(**data["refused"]) if data.get("refused") else None,
    )


def reference_to_json(reference: Reference) -> dict[str, Any]:
    """A connection's reference data as one document."""
    return {
        "statuses": [
            [s.id, s.label, s.category and s.category.value, s.closed, s.waiting]
            for s in reference.statuses.values()
        ],
        "fields": [
            [f.name, f.label, f.type, [list(o) for o in f.options], f.read_only, f.customers_fill]
            for f in reference.fields.values()
        ],
        "types": list(reference.types),
        "iteration_ends": {k: v.isoformat() for k, v in reference.iteration_ends.items()},
        "projects": [[p.id, p.name, p.customer] for p in reference.projects],
        "account_ids": sorted(reference.account_ids),
        "account_name": reference.account_name,
        "owners": dict(reference.owners),
    }


def reference_from_json(data: dict[str, Any]) -> Reference:
    """The reference data as `reference_to_json` wrote it."""
    return Reference(
        statuses={
            id: StatusInfo(id, label, StatusCategory(category) if category else None, *rest)
            # Reference data that an earlier version stored does not say which wait.
            for id, label, category, *rest in data["statuses"]
        },
        fields={
            name: FieldInfo(name, label, kind, tuple((v, text) for v, text in options), *rest)
            # Reference data that an earlier version stored does not say who fills a field.
            for name, label, kind, options, *rest in data["fields"]
        },
        types=tuple(data["types"]),
        iteration_ends={k: date.fromisoformat(v) for k, v in data["iteration_ends"].items()},
        # Reference data that an earlier version stored has none.
        projects=tuple(ProjectInfo(*each) for each in data.get("projects", ())),
        account_ids=frozenset(data["account_ids"]),
        account_name=data["account_name"],
        # What an earlier version kept has none.
        owners=data.get("owners", {}),
    )


def known_phase_to_json(known: KnownPhase) -> dict[str, Any]:
    """What is known of a phase, without its key."""
    intended = known.intended_at
    return {
        "looked_at": known.looked_at.isoformat(),
        "id": known.id,
        "reason": known.reason,
        "intended_at": None if intended is None else intended.isoformat(),
        "looks": known.looks,
    }


def known_phase_from_json(data: dict[str, Any]) -> KnownPhase:
    """What is known of a phase, as `known_phase_to_json` wrote it."""
    intended = data["intended_at"]
    return KnownPhase(
        looked_at=datetime.fromisoformat(data["looked_at"]),
        id=data["id"],
        reason=data["reason"],
        intended_at=None if intended is None else datetime.fromisoformat(intended),
        looks=data["looks"],
    )


def company_to_json(company: Company) -> dict[str, Any]:
    """A customer without its id, which is the row's key."""
    return {
        "name": company.name,
        "properties": dict(company.properties),
        "labels": dict(company.labels),
    }


def company_from_json(id: str, data: dict[str, Any]) -> Company:
    """The customer as `company_to_json` wrote it."""
    # What an earlier version kept has no labels.
    return Company(id, data["name"], data["properties"], data.get("labels", {}))


def held_to_json(held: HeldText) -> list[str]:
    """The held text without its source, which is the key."""
    return [held.content, held.code, held.rule, held.state.value, held.words]


def held_from_json(source: str, data: list[str]) -> HeldText:
    """The held text of `source` as `held_to_json` wrote it."""
    content, code, rule, state, words = data
    return HeldText(source, content, code, rule, HeldState(state), words)


def timeline_to_json(timeline: Timeline) -> dict[str, Any]:
    """The timeline as it is stored."""
    return {
        "begun": timeline.begun.isoformat(),
        "since": _texts(timeline.since),
        "reached": _texts(timeline.reached),
        "waits": [
            [each.why, each.begin.isoformat(), None if each.end is None else each.end.isoformat()]
            for each in timeline.waits
        ],
        "words": [
            [each.id, each.at.isoformat(), None if each.day is None else each.day.isoformat()]
            for each in timeline.words
        ],
    }


def timeline_from_json(data: dict[str, Any]) -> Timeline:
    """The timeline as `timeline_to_json` wrote it."""
    read = datetime.fromisoformat
    return Timeline(
        begun=read(data["begun"]),
        since={name: read(at) for name, at in data["since"].items()},
        reached={name: read(at) for name, at in data["reached"].items()},
        waits=tuple(
            Wait(why, read(begin), None if end is None else read(end))
            for why, begin, end in data["waits"]
        ),
        words=tuple(
            Word(id, read(at), None if day is None else date.fromisoformat(day))
            for id, at, day in data["words"]
        ),
    )


def _texts(moments: Mapping[str, datetime]) -> dict[str, str]:
    return {name: at.isoformat() for name, at in moments.items()}


def told_to_json(
    drafts: Sequence[Draft], said: Sequence[Said], reached: Reached | None
) -> dict[str, Any]:
    """What was drafted for a ticket's customer and said to them, without the words."""
    return {
        "drafts": [
            [
                *(each.id, each.reason, each.state.value, each.made_at.isoformat()),
                *(_iso(each.eta), each.approved_by, _iso(each.intended_at), each.error),
            ]
            for each in drafts
        ],
        "said": [
            [each.message, each.at.isoformat(), each.by, each.draft, each.stage, _iso(each.eta)]
            for each in said
        ],
        "reached": None if reached is None else [reached.stage, _iso(reached.at)],
    }


def told_from_json(ticket: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The same, by the names of a situation's parts."""
    drafts = [
        Draft(
            id, ticket, reason, "", "", DraftState(state), datetime.fromisoformat(at),
            eta=_day(eta), approved_by=by, intended_at=_moment(intended), error=error,
        )
        for id, reason, state, at, eta, by, intended, error in kept.get("drafts", ())
    ]  # fmt: skip
    said = [
        Said(message, datetime.fromisoformat(at), by, draft, stage, _day(eta))
        for message, at, by, draft, stage, eta in kept.get("said", ())
    ]
    reached = kept.get("reached")
    return {
        "drafts": tuple(drafts),
        "said": tuple(said),
        "reached": None if reached is None else Reached(reached[0], _moment(reached[1])),
    }


def _iso(moment: date | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
