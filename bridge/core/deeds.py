"""The audit log in plain sentences: who did what to what. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any

from bridge.core.spoken import filled

KINDS: Table[str, tuple[str, tuple[str, ...]]] = {
    "links": ("Links and launches", ("link", "unlink", "launch", "launch signal")),
    "findings": ("Findings", ("finding.", "hygiene.")),
    "held": ("Held texts", ("held.",)),
    "drafts": ("Messages to customers", ("draft.",)),
    "escalations": ("Escalations and reopening", ("escalation.", "ticket.reopened")),
    "notices": ("Notices", ("notice.",)),
    "releases": ("Releases", ("release.",)),
    "mappings": ("Mappings", ("mapping.",)),
    "connections": ("Connections", ("connection.",)),
    "deliveries": ("Deliveries and payloads", ("delivery.", "deliveries.")),
    "jobs": ("Background work", ("job.",)),
    "people": ("Signing in", ("sign_in", "sign_in.", "sign_out")),
    "tokens": ("API tokens", ("token.",)),
    "erasure": ("Erasure", ("erase", "erased")),
}
"""What people look for: its words, and the actions; one that ends in a dot begins others."""

_DONE: Table[str, str] = {
    "link": "linked {target} to {to}[ in job {job}]",
    "unlink": "unlinked {target} from {from}",
    "launch": "asked for the work item of {target} by route {route}[ in place of {instead_of}]",
    "launch signal": "asked for the work item of {target}[, related to {related_to}]",
    "finding.retried": "had the cause of {code} tried again[ on {ref}]",
    "finding.resolved": "closed {code}[ on {ref}]",
    "finding.ignored": "chose to ignore {code}[ on {ref}]",
    "hygiene.repaired": "mended what came apart[ on {ref}][: {label}]",
    "finding.redacting": "began to blot out a comment[ of {ref}]",
    "finding.redacted": "blotted out a comment[ of {ref}][: {reason}]",
    "held.released": "released a held text of {ticket}[: {reason}]",
    "held.rewritten": "rewrote a held text of {ticket}[: {reason}]",
    "held.rejected": "kept a held text of {ticket} internal[: {reason}]",
    "draft.approved": "approved a message to the customer of {ticket}[, {edited}]",
    "draft.discarded": "discarded a message to the customer of {ticket}[: {why}]",
    "draft.written": "wrote a message to the customer of {ticket}",
    "ticket.reopened": "had {target} opened again in the helpdesk",
    "escalation.asked": "asked to escalate {ticket}",
    "escalation.accepted": "accepted the escalation of {ticket}[, launching by route {route}]",
    "escalation.declined": "declined the escalation of {ticket}",
    "notice.acknowledged": "acknowledged the notice of {target}[ as {name}]",
    "release.reached": "said that {release} has reached {group} of {helpdesk}[, from {day}]",
    "release.held_back": "held {release} back for {customer} of {helpdesk}[: {reason}]",
    "release.set_apart": "said that {customer} of {helpdesk} has {release} from {day}[: {reason}]",
    "release.now_called": "said that {was} of {helpdesk}, apart at {release}, are {customer} now",
    "release.rejoined": "let {customer} of {helpdesk} go with their group again at {release}",
    "release.taken_back": "took back that {release} has reached {group} of {helpdesk}",
    "mapping.drafted": "saved a draft of the mapping {target}[, version {version}]",
    "mapping.activated": "put the mapping {target} in force[, version {version}]",
    "connection.paused": "paused {target}[: {reason}]",
    "connection.resumed": "resumed {target}",
    "connection.fields_created": "made fields on tickets in {target}[: {fields}]",
    "delivery.payload_read": "looked at the payload of a delivery[ of {connection}]",
    "delivery.payload_removed": "removed the payload of a delivery[ of {connection}]",
    "delivery.replayed": "had delivery {target} read again",
    "deliveries.replayed": (
        "had {deliveries} deliveries of {target} read again[, from {since} to {until}]"
    ),
    "job.paused": "paused the {kind}[ of {about}]",
    "job.running": "resumed the {kind}[ of {about}]",
    "job.cancelled": "cancelled the {kind}[ of {about}]",
    "sign_in": "signed in",
    "sign_in.invite": "invited {target}[ as {role}]",
    "sign_out": "signed out {target}[: sessions ended: {sessions}]",
    "token.created": "made the API token {name}[ with the role {role}]",
    "token.revoked": "revoked the API token {name}",
    "erase": "had {target} erased",
    "erased": "erased {target}[: {records} records, {deleted} copies deleted, {left} left]",
}
_PREFIXES = (
    "finding ",
    "job ",
    "held ",
    "draft ",
    "token ",
    "delivery ",
    "connection ",
    "mapping ",
    "release ",
)
"""Words before the name in a target, which the sentences say themselves."""
_VERSION = re.compile("[0-9a-f]{64}")
"""The whole name of a version of a mapping: the pages call it by its beginning."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry of the audit log. `record` is the ref it is about, "" where it is about none."""

    sentence: str
    record: str


def deed(action: str, target: str, detail: Table[str, Any]) -> Deed:
    """What was done, as the end of a sentence that begins with who did it.

    Of the details only those are said that a sentence names.
    """
    known = {name.replace(" ", "_"): _said(value) for name, value in detail.items()}
    about = _plain(target)
    if action.startswith("token."):
        known = {"name": about, **known}
    template = _DONE.get(action)
    if template is None:
        return Deed(f"{action.replace('.', ' ').replace('_', ' ')}: {target}", _record(target))
    record = _record(known.get("ref") or known.get("ticket") or about)
    return Deed(filled(template, {**known, "target": about}), record)


def is_told(action: str) -> bool:
    """Whether an action has a sentence of its own."""
    return action in _DONE


def _plain(target: str) -> str:
    begins = next((each for each in _PREFIXES if target.startswith(each)), "")
    about = target.removeprefix(begins)
    return about.removeprefix("ticket ")


def _record(about: str) -> str:
    """The text, if it may be a ref: `connection:id`."""
    name, _, id = about.partition(":")
    return about if name and id and " " not in about else ""


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    text = "" if value is None else str(value)
    return text[:8] if _VERSION.fullmatch(text) else text
