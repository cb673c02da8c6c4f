"""Creating and updating tickets: one action, one audit, several events, then the triggers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator import triggers
from connectors.zendesk.simulator.commenting import write as write_comment
from connectors.zendesk.simulator.events import Event, announce, change_event, comment_events
from connectors.zendesk.simulator.planning import EMPTY, Plan, changes, planned
from connectors.zendesk.simulator.problems import Findings, Refusal, conflict, invalid
from connectors.zendesk.simulator.records import Audit, By, Change, Ticket
from connectors.zendesk.simulator.stamps import parse, stamp

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account


def create(account: Account, given: dict[str, Any], by: By) -> tuple[Ticket, Audit]:
    """A new ticket; its first comment is the description, and decides whether it is public."""
    findings = Findings()
    if given.get("comment") is None and given.get("description"):
        given = {**given, "comment": {"body": given["description"]}}
    source = _followed(account, given, findings)
    if source is not None and given.get("tags") is None:
        # A follow-up has the tags of the ticket that it continues, unless it brings its own.
        given = {**given, "tags": list(source.tags)}
    plan = planned(account, None, given, by, findings)
    if plan.comment is None:
        findings.add("base", "Description: cannot be blank")
    findings.raise_any()
    requester = plan.values.get("requester_id") or by.user_id
    organization = account.users[requester].organization_id
    defaults = {
        "requester_id": requester,
        "submitter_id": by.user_id,
        "organization_id": organization,
        "custom_status_id": account.statuses.default_of("new"),
        "brand_id": next(iter(account.brands)),
        "ticket_form_id": next(iter(account.forms)),
    }
    values = EMPTY | defaults | {k: v for k, v in plan.values.items() if v is not None}
    now = account.now()
    via = _born(by, source)
    ticket = Ticket(account.numbers.ticket(), now, now, now, values, via, custom=plan.custom)
    ticket.is_public = plan.comment is not None and plan.comment.public
    account.tickets[ticket.id] = ticket
    if source is not None:
        source.followup_ids.append(ticket.id)
        account.touch(source)
    born = [Change(k, None, v) for k, v in values.items() if v not in (None, [])]
    audit = _record(account, ticket, plan, born, by, created=True)
    return ticket, audit


def update(account: Account, ticket: Ticket, given: dict[str, Any], by: By) -> Audit:
    """Applies a ticket body: all of it or, with a refusal, nothing."""
    check_open(ticket)
    check_stamp(ticket, given)
    findings = Findings()
    plan = planned(account, ticket, given, by, findings)
    findings.raise_any()
    return carry_out(account, ticket, plan, by)


def carry_out(
    account: Account, ticket: Ticket, plan: Plan, by: By, extra: Sequence[Event] = ()
) -> Audit:
    """Writes a plan that was found good; `extra` are events of the same action."""
    changed = _apply(account, ticket, plan)
    return _record(account, ticket, plan, changed, by, extra=extra)


def _apply(account: Account, ticket: Ticket, plan: Plan) -> list[Change]:
    changed = changes(ticket, plan)
    for change in changed:
        if change.field_id is None:
            ticket.values[change.name] = change.after
        else:
            ticket.custom[change.field_id] = change.after
    if ticket.status == "closed" and ticket.closed_at is None:
        ticket.closed_at = account.now()
    return changed


def check_open(ticket: Ticket) -> None:
    """422 for whatever one tries with a closed ticket."""
    if ticket.status == "closed":
        raise invalid("status", "Status: closed prevents ticket update")


def check_stamp(ticket: Ticket, given: dict[str, Any]) -> None:
    """409 where a safe update comes too late.

    Any value of `safe_update` asks for it, false as well; times are compared in whole seconds.
    """
    told = given.get("updated_stamp")
    if "safe_update" not in given or told is None:
        return
    read = parse(told)
    if read is None or stamp(read) != stamp(ticket.updated_at):
        raise conflict()


def _record(
    account: Account,
    ticket: Ticket,
    plan: Plan,
    changed: Sequence[Change],
    by: By,
    *,
    created: bool = False,
    extra: Sequence[Event] = (),
    quiet: bool = False,
) -> Audit:
    """The audit of one action; an action that changed nothing leaves none behind."""
    audit = Audit(account.numbers.long(), ticket.id, account.now(), by)
    kind = "Create" if created else "Change"
    audit.events = [_told(account, change, kind) for change in changed]
    events: list[Event] = []
    if plan.comment is not None:
        comment = write_comment(account, ticket, plan.comment, audit)
        if not created or account.dials.comment_event_on_creation:
            events += comment_events(account, comment)
    if audit.events or audit.comment is not None:
        ticket.updated_at = audit.created_at
        ticket.audits.append(audit)
    account.touch(ticket)
    if created:
        events.insert(0, ("created", {}))
    else:
        events += [e for e in (change_event(account, change) for change in changed) if e]
    announce(account, ticket, [*events, *extra], by)
    if not quiet and ticket.audits and ticket.audits[-1] is audit:
        _run_triggers(account, ticket, audit, created=created)
    return audit


def _told(account: Account, change: Change, kind: str) -> dict[str, Any]:
    def text(value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    told = {
        "id": account.numbers.long(),
        "type": kind,
        "field_name": change.name,
        "value": text(change.after),
    }
    return told if kind == "Create" else told | {"previous_value": text(change.before)}


def _run_triggers(account: Account, ticket: Ticket, audit: Audit, *, created: bool) -> None:
    """Tries the triggers again after each one that changed the ticket; none fires twice."""
    fired: set[int] = set()
    while True:
        ready = account.triggers.firing(account, ticket, audit, created=created)
        trigger = next((one for one in ready if one.id not in fired), None)
        if trigger is None:
            return
        fired.add(trigger.id)
        body = triggers.carry_out(account, trigger, ticket, audit.by)
        actor = triggers.actor_of(account, trigger, audit.by)
        if body:
            _apply_rule(account, ticket, body, actor)


def _apply_rule(account: Account, ticket: Ticket, body: dict[str, Any], actor: By) -> None:
    """What a rule sets, as an action of its own; a rule that asks for nonsense changes nothing."""
    findings = Findings()
    plan = planned(account, ticket, body, actor, findings)
    try:
        findings.raise_any()
    except Refusal:
        return
    changed = _apply(account, ticket, plan)
    if changed:
        _record(account, ticket, plan, changed, actor, quiet=True)


def _followed(account: Account, given: dict[str, Any], findings: Findings) -> Ticket | None:
    """The closed ticket that a new one continues."""
    number = given.get("via_followup_source_id")
    if number is None:
        return None
    source = account.tickets.get(int(number))
    if source is None or not source.live or source.status != "closed":
        text = "Via followup source: must be a closed ticket"
        findings.add("via_followup_source_id", text)
        return None
    return source


def _born(by: By, source: Ticket | None) -> dict[str, Any]:
    via = by.via()
    if source is not None:
        told = {"ticket_id": source.id, "subject": source.subject}
        via["source"] = via["source"] | {"from": told, "rel": "follow_up"}
    return via
