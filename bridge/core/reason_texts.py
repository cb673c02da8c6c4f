"""The texts of the reason codes: severity, sentence for support, detail for admins, next step.

A part in square brackets is said only where its values are known (`core.spoken`).
"""

from __future__ import annotations

from bridge.core.reason_texts_audit import AUDIT
from bridge.core.reason_texts_endings import ENDINGS
from bridge.core.reason_texts_guide import GUIDE
from bridge.core.reason_texts_hygiene import HYGIENE
from bridge.core.reason_texts_messages import CRITICAL, INFO, MESSAGES, WARNING, Texts
from bridge.core.reason_texts_releases import RELEASES
from bridge.core.reason_texts_speaking import SPEAKING

TEXTS: Texts = {
    # Where a ticket stands, with nothing amiss.
    "IN_SYNC": (
        INFO,
        ('[{item} is {label}; customers read that as "{stage}". ][They have since {since}. ]'
        "Nothing is to be done."),
        "Desired and observed values agree.",
        "",
    ),
    "UPDATE_DUE": (
        INFO,
        "The ticket is about to be updated.",
        "The desired value differs from the observed one and will be written.",
        "",
    ),
    "NO_LINK": (
        INFO,
        "This ticket is not linked to any work item[; its text mentions {mentions}].",
        "There is no active link, and no launch is due.",
        "Link a work item, or launch one.",
    ),
    "NOT_ROUTED": (
        INFO,
        'Requests of category "{category}" stay with support; no work item is expected.',
        "The route {route} says stay.",
        "",
    ),
    "NO_CATEGORY": (
        INFO,
        "The ticket has no category yet, so nothing is created for it.",
        "The field {field} is empty.",
        "Set the ticket's category.",
    ),
    "OTHER_ROUTE": (
        INFO,
        "The ticket goes another way than the one that was asked for.",
        "A backfill of one route leaves the tickets of the others alone.",
        "",
    ),
    "BEFORE_START": (
        INFO,
        "The ticket is older than the hub's start; nothing is created for it by itself.",
        "Neither created nor categorised after the start mark {start}; route {route}.",
        "Launch it by hand, or use backfill for many.",
    ),
    "WAITING_ITEM_CREATE": (
        INFO,
        "The work item is being created[; first {missing} must be known, at most until {until}].",
        "Route {route}[; probe {attempt}][; waiting for {missing}][; next look {until}].",
        "",
    ),
    "WAITING_ITEM_READ": (
        INFO,
        "{item} is being looked at; the ticket follows right after.",
        "{ref} has not been read yet, or lacks a field that is needed.",
        "",
    ),
    "WAITING_TICKET_READ": (
        INFO,
        "{item} is being looked at; the work item follows right after.",
        "The ticket {item} has not been read yet, or lacks a field that is needed.",
        "",
    ),
    "TICKET_CLOSED": (
        INFO,
        "The ticket is closed and is left as it is.",
        "Its status[ ({status})] counts as closed.",
        "",
    ),
    "TICKET_MERGED": (
        INFO,
        "The ticket was merged into another one[, {into}]; updates go there.",
        "The vendor shows the record as merged; its alias points to the other.",
        "",
    ),
    "MAPPING_DRAFT": (
        INFO,
        "A changed mapping is waiting to be activated.",
        ("The file of mapping {mapping} differs from the active version; it is kept as a draft "
        "until bridge mappings activate, or until the file is as it was."),
        "Ask an admin to put it in force, or to put the file back as it was.",
    ),
    "EVENT_NEVER_ARRIVED": (
        INFO,
        "The change was found by the periodic check, not by a notification.",
        "{connection} sent no webhook for it; the {found_by} found it.",
        "If this goes on, check the webhook subscription of {connection}.",
    ),
    "ROLLUP_HOLDS": (
        INFO,
        "{ahead} of {total} items are further on; we wait for {item} ({stage}).",
        "The roll-up follows {ref}, status {label}.",
        "",
    ),
    # A person decides.
    "NO_MAPPING": (
        WARNING,
        "There are no rules yet for tickets of {connection}.",
        "No active mapping has helpdesk {connection}.",
        "Add a mapping for this helpdesk and activate it.",
    ),
    "NEEDS_DECISION": (
        WARNING,
        "It is not clear where this ticket belongs (category: {category}).",
        "No route, or more than one, fits the category {category}.",
        "Set exactly one category that the mapping knows, or launch the right route by hand.",
    ),
    "RECATEGORISED": (
        WARNING,
        "The category changed from {from} to {to}, but {item} is still linked.",
        "A launch of route {from} has its item {item} linked; route {to} was not launched.",
        ("[Retry launches {launches} and ends the old link. ][Tickets of {stays} stay with "
        "support: end the link to {item} if nothing is to be done there any more. ]"
        "Ignore keeps things as they are."),
    ),
    "CONFLICT": (
        WARNING,
        "The linked records disagree about {field}: {values}.",
        "The field {field} is not written while its owners say different things.",
        "Make the values agree, or end the link that is wrong.",
    ),
    "HUMAN_OVERRIDE": (
        WARNING,
        "Somebody set {field} by hand; the hub leaves it alone[ until {until}].",
        "A foreign edit of {field} was seen; the field is not written[ until {until}].",
        "Nothing, if the edit is meant; else set the field back.",
    ),
    "LOOP_BREAKER": (
        WARNING,
        "Too many changes of {field} in a short time; it was frozen until {until}.",
        "More than ten writes of {field} within an hour; frozen until {until}.",
        "Look for an automation that changes the same field.",
    ),
    "HELD_FOR_REVIEW": (
        WARNING,
        "{thing} on {item} is waiting for somebody's approval.",
        "{source} was held: {rule}[; /held/{held}, or bridge held].",
        "Ask an operator to release, rewrite or reject the held text.",
    ),
    "LEAK_SUSPECT": (
        CRITICAL,
        "A text was withheld because it seems to come from internal error tracking.",
        "The value of {field} matches: {rule}[; /held/{held}, or bridge held].",
        "Remove the reference from the field, or ask an operator to decide about the text.",
    ),
    "AUDIENCE_BLOCK": (
        WARNING,
        'The field "{field}" is for engineering only.',
        "The mapping labels {field} for engineering; it is not written to a ticket.",
        "Change the audience in the mapping if support may read it.",
    ),
    "INTAKE_INCOMPLETE": (
        WARNING,
        "The work item can't be created yet: {missing} is missing.",
        "The launch of route {route} needs: {missing}.",
        "Fill in what is missing on the ticket (or its company).",
    ),
    "CUSTOMER_UNREADABLE": (
        WARNING,
        "No work item yet: it names the {missing}, and the hub can't see the ticket's company.",
        ("{connection} does not show company {company} to the hub; route {route} needs: "
        "{missing}. bridge check {connection} says which right to give and where."),
        "Ask an admin to let the hub read companies; then retry.",
    ),
    "RIGHT_MISSING": (
        WARNING,
        "The hub may not read companies of {connection}; whatever names the customer waits.",
        ("{connection} refuses to show companies[: {reason}]. bridge check {connection} says "
        "which right to give and where."),
        "Ask an admin to let the hub read companies.",
    ),
    "RECORD_FORBIDDEN": (
        WARNING,
        "{connection} does not let the hub do what this record needs; it waits, all others go on.",
        ("{connection} forbids it for {ref}[: {reason}]. bridge check {connection} says which "
        "right to give and where."),
        "Ask an admin to give the hub that right; then retry, or wait an hour.",
    ),
    "CHECK_LEFT_ITEM": (
        WARNING,
        "A check of {connection} created {item}, which it was only to try.",
        "{connection} kept a create that it was only to validate; no ticket is linked to {item}.",
        "Delete {item} in the tracker, then resolve this; until then checks don't try it again.",
    ),
    "LAUNCH_LIMIT": (
        CRITICAL,
        "Very many work items were created within an hour; new ones wait.",
        "The limit of {limit} launches an hour is reached; route {route} waits.",
        "If the number is right, retry: launching goes on. Else look for what creates the tickets.",
    ),
    "LAUNCH_UNDECIDED": (
        CRITICAL,
        "It is not clear whether the work item was created.",
        "Route {route} in {connection}: {reason}.",
        "Look in the tracker; delete what is there twice, then retry; or link one and ignore this.",
    ),
    "LAUNCH_REJECTED": (
        WARNING,
        "The tracker refused to create the work item.",
        "Route {route} in {connection} was refused: {reason}.",
        "Correct the mapping or the ticket, then retry.",
    ),
    # Something is amiss in mapping or data.
    "STATUS_UNMAPPED": (
        WARNING,
        'Engineering uses a status we have no customer wording for ("{label}").',
        "Status {status} of {connection} has no stage; items affected: {count} (first: {item}).",
        "Add the status to the mapping, or move the work item on.",
    ),
    "VALUE_UNMAPPED": (
        WARNING,
        'The value "{value}" of {field} is not known to the mapping.',
        "No table entry for {field} = {value}.",
        "Add the value to the mapping's table, or correct the record.",
    ),
    "FIELD_INVALID": (
        WARNING,
        "{field} can't be filled in.",
        "{field}[: {reason}].",
        "Correct the mapping, or the value.",
    ),
    "TRANSITION_BLOCKED": (
        WARNING,
        "The change of status was refused.",
        "{connection} refused the value of {field} on {ref}[: {reason}].",
        "Fill in what the tracker asks for, or move the item by hand.",
    ),
    "PROJECT_NOT_FOUND": (
        WARNING,
        "There is no project for {customer} yet.",
        "{connection} shows no project whose customer (or id) is {customer}.",
        "Create the project, or give the customer the same name in both; the hub looks again.",
    ),
    "PROJECT_AMBIGUOUS": (
        WARNING,
        "There are {count} projects for {customer}: a person must say which.",
        "{connection} shows {count} projects whose customer is {customer}.",
        "Archive those that are over, or let the mapping take the project's id from a field.",
    ),
    "PHASE_NOT_FOUND": (
        WARNING,
        "The project has no phase {phase}.",
        "Project {project} in {connection} shows no phase {phase}[; it said: {reason}].",
        "Create the phase, or let the mapping do so (create: true); the hub looks again.",
    ),
    "PHASE_AMBIGUOUS": (
        INFO,
        "The project has more than one phase {phase}; the first one is used.",
        "Project {project} shows several phases {phase} that are not completed; {id} is used.",
        "Rename or complete the ones that are not meant.",
    ),
    "ATTACHMENT_TOO_LARGE": (
        WARNING,
        "{file} is too large to be copied to the work item.",
        "{file} has {size} bytes; the tracker takes {limit}.",
        "Share the file in another way.",
    ),
    "COPY_REJECTED": (
        WARNING,
        "A file or comment could not be copied.",
        "{file} was refused[: {reason}].",
        "Retry sends it once more; if it is refused again, share the content in another way.",
    ),
    "RELATION_REJECTED": (
        WARNING,
        "The tracker refused to link two work items with each other.",
        "{connection} refused its own link between {item} and {other}[: {reason}].",
        "Let the hub's account link items there, with the link type Relates (Related); then retry.",
    ),
    "UNKNOWN_ACCOUNT": (
        WARNING,
        "A notification came for an account that is not configured.",
        "{connection} got an event for account {account}.",
        "Add a connection for the account, or remove its subscription.",
    ),
    "DELIVERY_UNREADABLE": (
        WARNING,
        "A notification of {connection} could not be understood.",
        "Delivery {delivery} was verified but could not be parsed.",
        "Look at the delivery in the inspector; retry reads it again.",
    ),
    # Something can't be reached.
    "LINK_BROKEN": (
        WARNING,
        "The linked work item {item} can't be seen any more.",
        "{ref} was deleted, merged away, or not found at two looks.",
        "Restore the item or its permissions, or end the link.",
    ),
    "ITEM_UNREADABLE": (
        WARNING,
        "We cannot read {item} (permissions changed or it was deleted).",
        "The tracker does not show {item}.",
        "Check the item and the connection's permissions.",
    ),
    "MERGE_UNSEEN": (
        WARNING,
        "The ticket was merged into another, and the hub was not told into which.",
        "The helpdesk's event of the merge of {ref} never came; {items} hang on it still.",
        "See in the helpdesk where it went, link that ticket to the work item, and end this link.",
    ),
    "RECORD_ABSENT": (
        INFO,
        "The record was not found just now; it will be looked for again.",
        "Not found once, which proves nothing.",
        "",
    ),
    "RECORD_MISSING": (
        WARNING,
        "The record does not exist any more, or can't be seen.",
        "{ref} was deleted, or not found at two looks.",
        "Check whether it was deleted on purpose; end its links if so.",
    ),
    "NO_CONNECTION": (
        CRITICAL,
        "The tracker {connection} is not connected.",
        "Route {route} launches in {connection}, which is not configured.",
        "Configure the connection, or correct the mapping.",
    ),
    "RATE_LIMITED": (
        INFO,
        "Delayed by the limit of {connection}; next try {until}.",
        "{connection} asked to wait until {until}[ ({scope})].",
        "",
    ),
    "REMOTE_DOWN": (
        WARNING,
        "{connection} has not been answering since {since}.",
        "Calls to {connection} fail[: {reason}].",
        "Nothing, unless it lasts: work goes on when the vendor answers.",
    ),
    "AUTH_EXPIRED": (
        CRITICAL,
        "The connection to {connection} must be renewed.",
        "{connection} refuses the credential[: {reason}].",
        "Renew the credential of {connection}.",
    ),
    "CREDENTIAL_SUSPECT": (
        CRITICAL,
        "Many records of {connection} can't be seen: its permissions may have changed.",
        "{count} records of {connection} were not found within an hour.",
        "Check the permissions of the hub's account at {connection}.",
    ),
    "PAUSED": (
        INFO,
        "Updates from and to {connection} are paused[ since {since}].",
        "{connection} was paused by a person[: {reason}].",
        "Resume the connection when it is ready.",
    ),
    "RUN_FAILED": (
        CRITICAL,
        "The hub could not finish its work on this record[ ({item})].",
        "The pass over {record} failed: {reason}.",
        "Retry; if it fails again, report it to whoever runs the hub.",
    ),
    "WAITING_RETRY": (
        INFO,
        "Something got in the way; the hub tries again {until}.",
        "{record} waits after {attempts} failed attempts[: {reason}].",
        "",
    ),
    "INTERNAL_TASKS": (
        INFO,
        "Engineering has {tasks} beside this.",
        "Items that were launched for signals and are related to the ticket's own work items.",
        "",
    ),
    "SIGNAL_ITEM_GONE": (
        WARNING,
        "The work item of an internal technical task can't be seen any more.",
        "{item}, launched for {ref}, was deleted or not found at two looks; no other is made.",
        "Restore the item and retry; or tie another one to the issue by Sentry's form.",
    ),
    "SENTRY_ON_TICKET": (
        CRITICAL,
        "An internal technical task hangs on a ticket and must not; all its texts are held.",
        "Sentry itself tied {ref} to {item}, on which a ticket hangs: it gets an item of its own.",
        "Take Sentry's link off {item}: in Sentry, the issue's page, Linked Issues.",
    ),
    **GUIDE, **MESSAGES, **AUDIT,
    **SPEAKING, **RELEASES, **ENDINGS, **HYGIENE,
}  # fmt: skip
