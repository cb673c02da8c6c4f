"""What an engineer marks `#customer` as a draft: a person looks at it, and nothing goes by itself.

A comment makes one draft for ever. While that waits it follows the comment, goes with it and comes
back with it; once somebody has decided, what is edited in the tracker changes nothing that was
said.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.core.beside import people_again
from bridge.core.comments import NoteStep, held_finding, is_as_draft, marked_of_item
from bridge.core.drafting import MOVED_ON, UNLINKED, draft_digest, draft_id, is_wanted_again
from bridge.core.instants import read_instant
from bridge.core.ledger import comment_source
from bridge.core.plain_text import as_typed, said_paragraphs
from bridge.core.reviewing import Birth, judged_comment, seen_content, waits
from bridge.core.situation import DraftPlan, LinkedItem, TicketSituation
from bridge.core.stages import GONE
from bridge.domain.drafts import Draft, DraftState, Rewording
from bridge.domain.links import LinkState
from bridge.domain.records import COMMENTS, Comment
from bridge.domain.texts import Releasable

COMMENT = "comment:"
"""How the reason of a draft begins that was written in the tracker."""


@dataclass(frozen=True, slots=True)
class CommentDrafts:
    """Drafts of marked comments; and what of them the gate holds, for an operator first."""

    plan: DraftPlan = field(default_factory=DraftPlan)
    held: NoteStep = field(default_factory=NoteStep)


def plan_comment_drafts(s: TicketSituation, now: datetime) -> CommentDrafts:
    """The drafts that marked comments make, as long as the mapping wants them so."""
    drafts = {each.reason: each for each in s.drafts if each.reason.startswith(COMMENT)}
    if not is_as_draft(s.mapping):
        # From now on they are copied as notes, or not at all.
        waiting = (each for each in drafts.values() if each.state is DraftState.OPEN)
        return CommentDrafts(DraftPlan(over=tuple((each.id, MOVED_ON) for each in waiting)))
    plan, held = DraftPlan(), NoteStep()
    marked = [(item, each) for item in s.items for each in marked_of_item(item)]
    for item, comment in marked:
        source = comment_source(item.link.work_item, comment)
        before = drafts.pop(f"{COMMENT}{source}", None)
        if before is None and not _is_news(s, comment):
            continue
        decided = before is not None and before.state is not DraftState.OPEN
        if before is not None and decided and not is_wanted_again(before):
            continue
        words, held = _words(s, item, comment, source, held)
        if words:
            plan = _with(s, plan, before, f"{COMMENT}{source}", words, now)
    over = [(each.id, why) for each in drafts.values() if (why := _over(s, each))]
    return CommentDrafts(replace(plan, over=tuple(over)), held)


def _words(
    s: TicketSituation, item: LinkedItem, comment: Comment, source: str, held: NoteStep
) -> tuple[str, NoteStep]:
    """The comment as people read it on the draft's page, and as it is said; "": it is held."""
    birth = Birth(item.has_origin, item.proven)
    gate = judged_comment(s.held, source, comment, birth, (), s.sentry)
    if isinstance(gate, Releasable):
        return said_paragraphs(as_typed(gate.value)), held
    row = waits(s.held, source, seen_content(comment), gate)
    if row is None:
        return "", held
    finding = held_finding(s.ref, source, gate.reason, item)
    return "", replace(held, held=(*held.held, row), findings=(*held.findings, finding))


def _with(
    s: TicketSituation, plan: DraftPlan, before: Draft | None, reason: str, html: str, now: datetime
) -> DraftPlan:
    digest, people = draft_digest(html), None
    if before is None:
        id = draft_id(str(s.ref), reason, 0)
        made = Draft(id, str(s.ref), reason, html, digest, DraftState.OPEN, now)
        return replace(plan, new=(*plan.new, made))
    if is_wanted_again(before):
        plan = replace(plan, reopened=(*plan.reopened, before.id))
        people = people_again(s.drafts, before)
    if (before.digest == digest and people in (None, before.recipients)) or not before.html:
        return plan
    said = Rewording(before.id, html, digest, before.eta, people)
    return replace(plan, reworded=(*plan.reworded, said))


def _is_news(s: TicketSituation, comment: Comment) -> bool:
    """Whether it was written since the hub, and each mapping since, makes drafts of such ones."""
    at = read_instant(comment.at)
    if at is None or s.start_mark is None or at < s.start_mark:
        return False
    if s.telling.since is None or at >= s.telling.since:
        return True
    for earlier in s.telling.earlier:
        if not is_as_draft(earlier.mapping):
            return False
        if earlier.since is None or at >= earlier.since:
            return True
    return False


def _over(s: TicketSituation, draft: Draft) -> str:
    """Why an open draft is not wanted any more: its comment, or the mark in it, is gone."""
    if draft.state is not DraftState.OPEN:
        return ""
    ref = draft.reason.removeprefix(COMMENT).partition("#")[0]
    item = next((each for each in s.items if str(each.link.work_item) == ref), None)
    if item is None:
        return UNLINKED
    seen = item.observation
    # What can't be seen proves nothing.
    if item.link.state is LinkState.BROKEN:
        return ""
    return MOVED_ON if seen and seen.presence not in GONE and seen.knows(COMMENTS) else ""


def joined(one: DraftPlan, other: DraftPlan) -> DraftPlan:
    """Both plans: they are about different drafts."""
    return DraftPlan(
        (*one.new, *other.new),
        (*one.reopened, *other.reopened),
        (*one.reworded, *other.reworded),
        (*one.over, *other.over),
    )
