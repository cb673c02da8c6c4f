"""Escalation: whom it names, by which way they are told, and what it requires."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config.cursor import Cursor
from bridge.config.notice_checks import check_names
from bridge.config.problems import Complaint
from bridge.config.reference_checks import MappingContext, check_connection
from bridge.ports.manifest import Role


def check_escalation(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """What can't be meant about escalating tickets."""
    spec = mapping.at("escalation")
    roles = {name for name, _ in mapping.at("roles").entries()}
    yield from check_names(spec.at("deciders"), roles, known)
    yield from _channels(spec, known)
    yield from _required(spec, mapping)
    yield from _versions(spec)


def _channels(spec: Cursor, known: MappingContext) -> Iterator[Complaint]:
    channels = list(spec.at("via").each())
    for each in channels:
        yield from check_connection(each, Role.NOTIFIER, known)
        if each.text in known.addressed and not list(spec.at("deciders").each()):
            yield each.complaint(f'"{each.text}" needs to know whom to write to', "add deciders:")
    if channels:
        return
    for name in ("deciders", "resend"):
        if spec.at(name).is_there:
            message = "nobody is told: it is not said by which way"
            yield spec.at(name).complaint(message, "add via: [<Teams or e-mail connection>]")


def _required(spec: Cursor, mapping: Cursor) -> Iterator[Complaint]:
    if spec.at("severity").value is True and not mapping.at("ticket", "severity").is_there:
        message = "can't be required: ticket.severity does not say where it stands"
        yield spec.at("severity").complaint(message, "add ticket.severity, or leave it out")
    for name in ("severity", "impact"):
        if spec.at("requires", name).is_there:
            way = "severity: true" if name == "severity" else "impact: {property: …}"
            yield spec.at("requires", name).complaint(
                f"{name} has a place of its own, where nobody can pass over it", f"write {way}"
            )


def _versions(spec: Cursor) -> Iterator[Complaint]:
    for each in spec.at("versions", "major").each():
        if each.text is not None and "." in each.text:
            yield each.complaint(
                "is more than a major version", f'write "{each.text.partition(".")[0]}"'
            )
