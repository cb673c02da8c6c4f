"""The texts of the reason codes that are about messages: to people, and from vendors."""

from __future__ import annotations

from collections.abc import Mapping as Table

from bridge.domain.findings import Severity

Texts = Table[str, tuple[Severity, str, str, str]]
"""Code → severity, sentence for support, detail for admins, next step."""

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL

MESSAGES: Texts = {
    # Telling people.
    "NOBODY_TO_TELL": (
        WARNING,
        'Somebody was to be told of this ticket, but "{name}" leads to nobody.',
        ("No source of the role {name} names an e-mail address, nor does people in bridge.yaml; "
        "route {route}."),
        "Fill in who plays the role, or add the group {name} to people in bridge.yaml.",
    ),
    "PROMISE_BROKEN": (
        WARNING,
        'The promise "{promise}" is broken: it was due on {due}.',
        ("Its clock and what keeps it ({kept_by}) stand in the mapping; {ref}."
        "[ On this ticket it was due {missed} times and not kept.]"),
        "Make it good now: {act}. It counts as broken all the same.",
    ),
    "NOTICE_HELD": (
        WARNING,
        "The notice by {channel} went out without {facts}: it looks like error tracking.",
        ("The egress gate held {facts} back. It waits for no review as a text on its way to a "
        "ticket does: the notice has gone, with a link to the ticket where it stands."),
        ("Read it in the ticket, and tell whoever must know in your own words. If it is no error "
        "tracking, word it otherwise in the helpdesk: the notices to come say it then."),
    ),
    "NOTICE_REFUSED": (
        CRITICAL,
        "{recipient} could not be told by {channel}: the destination refused the notice.",
        "The destination refused the notice and would again: {reason}",
        "Tell them yourself; then see to the address, or to {channel} in bridge.yaml.",
    ),
    "NOTICE_UNHEARD": (
        CRITICAL,
        "{recipient} was told {count} times by {channel} and has not answered.",
        "It is repeated no more. The link in any of the messages still acknowledges.",
        "Call them.",
    ),
    "WORDING_INCOMPLETE": (
        WARNING,
        'The customer is to hear of "{stage}", but for a draft this is not known: {lacks}.',
        "The wording for this stage (tell: in the mapping) can't be said without it: {lacks}.",
        ("Write to the customer by hand, or see to what is missing: the draft is then made. A "
        "wording that does without it belongs into the mapping."),
    ),
    # What came in, and what came of it.
    "DUPLICATE_EVENT": (
        INFO,
        "The notification told nothing that was not known already.",
        "Every value in it is what is stored: a repeat, or the echo of the hub's own write.",
        "",
    ),
    "STALE_EVENT": (
        INFO,
        "The notification was older than what was known already.",
        "A newer revision or a newer value of the same fields was stored before it came.",
        "",
    ),
    "WEBHOOKS_SILENT": (
        WARNING,
        "{connection} sent no notice since {since}; changes there are found a little later.",
        "Sweeps found changes, and no webhook came since {since}, which is unlike {connection}.",
        "See at the vendor that its webhooks are on and allowed, and that they reach public_url.",
    ),
    "NOT_CUSTOMER_RELEVANT": (
        INFO,
        "Engineering changed something on {item}[ at {at}] that tickets do not show.",
        "{ref} changed[ at {at}], but no field that the mapping shows on tickets did.",
        "",
    ),
    "ITEM_MOVED": (
        INFO,
        "{item} moved from {before} to {after}; the link holds.",
        "The link holds by the vendor's stable id; key and address were updated.",
        "",
    ),
    "OUTSIDE_HOURS": (
        INFO,
        'Who is to be told of "{promise}" hears of it when their hours begin: {until}.',
        "The mapping has it told during {hours} alone.",
        "Tell them yourself if it can't wait.",
    ),
    "POLICY_CHANGED": (
        INFO,
        "The rules for tickets were changed: mapping {mapping}, version {version}.",
        "A version of the mapping was activated, and the ticket was looked at by its rules.",
        "",
    ),
}  # fmt: skip
