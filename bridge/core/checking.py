"""The check of a connection, judged: from what the vendor showed to a list that people read.

Pure. What the credential opens and whether webhooks come is here; what mappings say against the
live schema is in `checking_tickets` and `checking_items`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.core.check_result import Place, Result
from bridge.core.launch_fields import needed_names
from bridge.core.likeness import listed
from bridge.core.spoken import said_time
from bridge.domain.mapping import Mapping
from bridge.domain.schema import Hook, Probe, Right, Use

NOT_NEEDED = "No mapping in use needs it."
_WITHOUT = '{{ ticket.customer | default("no customer") }} in their launch fields'


@dataclass(frozen=True, slots=True)
class Heard:
    """What the hub has heard of a connection. `known` is False where it has not run yet."""

    known: bool = False
    last_delivery_at: datetime | None = None
    paused_by: str | None = None
    paused_reason: str = ""
    repairs: int = 0
    """Changes that a sweep found and no webhook had told of, ever."""
    silent: bool = False
    """Whether such changes were found since the last webhook, in a silence unlike it."""


def needs(mappings: Iterable[Mapping], name: str) -> frozenset[Use]:
    """What the mappings need of the connection besides its records."""
    found = {Use.RECORDS}
    for mapping in mappings:
        launches = [each.launch for each in mapping.routes if each.launch is not None]
        helpdesk = mapping.helpdesk == name
        if helpdesk and mapping.ticket.customer is not None:
            found.add(Use.CUSTOMERS)
        if any(each.attachments and (helpdesk or each.in_ == name) for each in launches):
            found.add(Use.FILES)
        if (mapping.comments.to_work_item, mapping.comments.to_ticket) != ("none", "none"):
            found.add(Use.COMMENTS)
    return frozenset(found)


def judge_pause(place: Place, heard: Heard, *, accepted: bool = False) -> list[Result]:
    """Whether the connection is stopped; `accepted`: the vendor takes its credential now."""
    if heard.paused_by is None:
        return []
    why = heard.paused_reason.rstrip(".") or "no reason given"
    if heard.paused_by == "credential":
        sentence = f"The hub has paused {place.name}: {why}."
        hint = "Once the credential is good, the hub resumes by itself within half an hour."
        return [Result("pause", accepted, sentence, hint)]
    sentence = f"A person has paused {place.name} ({why}), so {place.title} was not asked."
    hint = f"Resume it: POST /api/v1/connections/{place.name}/resume. Then check again."
    return [Result("pause", False, sentence, hint)]


def waiting_for_customers(mappings: Iterable[Mapping], name: str) -> tuple[str, ...]:
    """The routes of a helpdesk that create nothing while the customer is not known."""
    return tuple(
        each.id
        for mapping in mappings
        for each in mapping.routes
        if mapping.helpdesk == name
        and each.launch is not None
        and {"customer", "plan"} & needed_names(each.launch)
    )


def judge_probe(
    place: Place, probe: Probe, needed: frozenset[Use], waiting: Sequence[str] = ()
) -> list[Result]:
    """What the credential opens. `waiting`: the routes that need to know the customer."""
    return [
        Result("credential", True, f"{place.title} accepts the credential: {probe.account}."),
        *_rights(place, probe.rights, needed, waiting),
        *_left(place, probe.left),
        *(Result("remark", True, each.sentence, each.advice) for each in probe.remarks),
    ]


def _left(place: Place, left: Sequence[str]) -> list[Result]:
    """What the check itself has left behind, against what the vendor promises."""
    if not left:
        return []
    names = listed(left)
    sentence = f"{place.title} created {names}, though this check only asked whether it would."
    hint = f"Delete {names}. Don't check {place.name} again by a token that may write until then."
    return [Result("left behind", False, sentence, hint)]


def _rights(
    place: Place, rights: Sequence[Right], needed: frozenset[Use], waiting: Sequence[str]
) -> list[Result]:
    given = [each.name for each in rights if each.has]
    results = [_right(place, each, needed, waiting) for each in rights if not each.has]
    if given:
        results.insert(0, Result("rights", True, f"The credential may use: {listed(given)}."))
    return results


def _right(place: Place, right: Right, needed: frozenset[Use], waiting: Sequence[str]) -> Result:
    what = f"right {right.name}"
    if right.has is None:
        sentence = f"Nobody can find out from outside whether the credential has {right.name}."
        return Result(what, True, sentence, right.grant)
    lacks = f"The credential lacks {right.name}"
    said = f"{lacks}: {right.why}" if right.why else f"{lacks}."
    grant = right.grant or f"Give it in {place.credential_at or place.title}."
    if right.use in needed:
        if right.use is Use.CUSTOMERS and waiting:
            said += f" Until then nothing is created by: {listed(waiting)}."
            grant += f" Or let these routes do without: {_WITHOUT}."
        return Result(what, False, said, grant)
    if right.use is Use.TALK:
        return Result(what, True, f"{lacks}, so customers' messages are not read.", grant)
    return Result(what, True, f"{lacks}. {NOT_NEEDED}")


def unproven(place: Place) -> Result:
    """Nothing short of a message shows whether messages arrive."""
    sentence = f"Only a message shows whether {place.title} takes messages; none was sent."
    return Result("credential", True, sentence, "The first notice will show it.")


def judge_use(place: Place, mappings: Iterable[Mapping]) -> list[Result]:
    """Whether any route tells anybody by this connection."""
    using = [each.mapping for each in mappings if place.name in each.notifiers()]
    if using:
        return [Result("mapping", True, f"Notices go out by {place.name}: {listed(using)}.")]
    hint = "Name it under via: in a route's notify: docs/mapping.md"
    return [Result("mapping", True, f"No mapping tells anybody by {place.name}.", hint)]


def judge_webhooks(
    place: Place, probe: Probe, heard: Heard, door: str, now: datetime
) -> list[Result]:
    """Whether the vendor's webhooks lead here and have come."""
    if not probe.door_open:
        sentence = "No secret for webhooks is set, so changes are found by sweeping only."
        hint = f"To hear of changes at once, set one in bridge.yaml and send webhooks to {door}."
        return [Result("webhooks", True, sentence, hint)]
    return [*_hooks(place, probe.hooks or (), door), _deliveries(place, probe, heard, door, now)]


def _hooks(place: Place, hooks: Sequence[Hook], door: str) -> list[Result]:
    there = [each.event for each in hooks if not each.wrong]
    results = []
    if there:
        results.append(Result("webhooks", True, f"Webhooks lead to {door}: {listed(there)}."))
    at = place.webhooks_at or place.title
    return results + [
        Result(f"webhook {each.event}", False, each.wrong, f"See to it in {at}; address: {door}")
        for each in hooks
        if each.wrong
    ]


def _deliveries(place: Place, probe: Probe, heard: Heard, door: str, now: datetime) -> Result:
    """Whether webhooks come. Changes that only a sweep found show that they should have."""
    at = place.webhooks_at or place.title
    lead = (
        f"See in {at} that they are on and lead to {door}, and that nothing in between stops them."
    )
    if heard.last_delivery_at is not None:
        said = said_time(heard.last_delivery_at, now)
        if not heard.silent:
            return Result("deliveries", True, f"The last webhook came {said}.")
        sentence = (
            f"Webhooks have stopped: the last one came {said}, and sweeps found changes since."
        )
        return Result("deliveries", False, sentence, lead)
    if not heard.known:
        sentence = "Whether webhooks come can be told only once the hub has run here."
        return Result("deliveries", True, sentence, "Start it: bridge serve")
    if heard.repairs:
        sentence = f"No webhook has ever come, and sweeps found {heard.repairs} changes."
        if heard.repairs == 1:
            sentence = "No webhook has ever come, and a sweep found a change."
        wrong = f"{lead} Is webhook_secret, or the password, the one that is set there?"
        return Result("deliveries", False, sentence, wrong)
    hint = f"Change a record in {place.title} and check again."
    if probe.hooks is None:
        hint += f" If none comes: see in {at} whether they lead to {door}"
    return Result("deliveries", True, "No webhook has come yet.", hint)
