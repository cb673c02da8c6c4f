"""Drafts: which messages to its customer a ticket needs now, and which are needed no more.

Worked out from the situation each time; the drafts there are, ended ones too, are part of it, so
that nothing is drafted twice for the same occasion. News is what engineering did after the hub
first started with the helpdesk, and after the rule that tells of it came into force.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bridge.core.beside import as_first, is_beside, people_again, with_beside
from bridge.core.eta import REASON, is_delivered, told_of
from bridge.core.eta_ranges import told_date
from bridge.core.facts import Facts
from bridge.core.instants import latest, read_instant
from bridge.core.known_to_customer import is_told
from bridge.core.releases import arrivals, in_release, steps_of
from bridge.core.rollout import today
from bridge.core.situation import DraftPlan, LinkedItem, TicketSituation
from bridge.core.stages import roll_up
from bridge.core.told_wording import Occasion, Unsayable, Worded, why_held, worded
from bridge.core.values import sha256
from bridge.domain.drafts import Draft, DraftState, Reached, Rewording, Said
from bridge.domain.findings import Finding
from bridge.domain.links import LaunchState
from bridge.domain.mapping import Mapping, Stage
from bridge.domain.mapping_tell import BY_HAND, ETA_SLIPPED
from bridge.domain.records import comments_of

BACK_SOON = timedelta(minutes=30)
"""A stage left for a shorter time than this was never left, as far as customers are told."""
SLIP = timedelta(days=1)
"""A date later than told by no more than this is no news."""
ADOPTED = timedelta(days=1)
"""A link that is so much younger than its item's launch was found, and not made by it."""
ETA = REASON
STAGE = "stage:"
ASKED = "asked:"
"""How the reason of a draft begins that a person asked for, though the stage was drafted or told
to nobody."""
WORDING_INCOMPLETE = "WORDING_INCOMPLETE"
MOVED_ON, UNLINKED, TOLD, CLOSED = "moved_on", "unlinked", "told_by_a_person", "ticket_closed"
GONE = "ticket_gone"
DOUBLED = "told_by_another"
"""Why a draft was superseded."""
_PASSING = (MOVED_ON, UNLINKED, GONE)
"""What engineering may undo, and a ticket that is there again."""
_GOING = (DraftState.OPEN, DraftState.APPROVED)


@dataclass(frozen=True, slots=True)
class DraftStep:
    """What was decided about drafts. `reached`: the stage that the customer was brought to."""

    plan: DraftPlan = field(default_factory=DraftPlan)
    findings: tuple[Finding, ...] = ()
    reached: Reached | None = None


def plan_drafts(
    s: TicketSituation, stage: str | None, eta: date | None, now: datetime
) -> DraftStep:
    """The drafts that an open ticket needs, showing that stage and date."""
    reached = reached_stage(s, stage, now)
    going = [each for each in s.drafts if is_going(each)]
    shown = None if stage is None else s.mapping.stage(stage)
    asks = shown is not None and shown.tell != "no"
    told_date = told_of(s, now)
    dated = None if told_date is None else told_date.day
    if not (going or asks or dated):
        return DraftStep(reached=reached)
    about = [as_first(s.drafts, each) for each in going]
    whys = ((e.id, _over(s, e, shown, eta, now) or _late(s, e, dated, now)) for e in about)
    over = {id: why for id, why in whys if why}
    over |= dict.fromkeys(_doubled(s, [each for each in going if each.id not in over]), DOUBLED)
    news = _News(s, shown, reached, now) if shown is not None and asks else None
    if news is not None and news.is_told:
        told = (each for each in going if each.reason == news.reason and _by_itself(each))
        over |= {each.id: TOLD for each in told}
    step = DraftStep(DraftPlan(over=tuple(over.items())), reached=reached)
    if news is not None and news.is_news and not news.is_told:
        step = _with_stage(s, step, news, eta)
    return _with_eta(s, step, shown, eta, dated, now)


def drop_drafts(s: TicketSituation) -> DraftPlan:
    """A closed ticket's customer need be told of no stage any more; what people wrote stays.

    So does what a person approved, though it was taken back: that it is not said is told.
    """
    over = {
        each.id: CLOSED
        for each in s.drafts
        if each.state is DraftState.OPEN and each.reason != BY_HAND and not is_taken_back(each)
    }
    going = [each for each in s.drafts if is_going(each) and each.id not in over]
    over |= dict.fromkeys(_doubled(s, going), DOUBLED)
    return DraftPlan(over=tuple(over.items()))


def is_going(draft: Draft) -> bool:
    """Whether it may still be taken back: it waits for a person, or is about to be sent."""
    return draft.state in _GOING and draft.intended_at is None


def is_taken_back(draft: Draft) -> bool:
    """Whether a person approved it, and it waits again because it would reach somebody else."""
    return draft.state is DraftState.OPEN and bool(draft.error)


def is_wanted_again(draft: Draft) -> bool:
    """Whether it was taken back for a reason that may pass, once what it tells is so again."""
    return draft.state is DraftState.SUPERSEDED and draft.error in _PASSING and bool(draft.html)


def open_drafts(s: TicketSituation, plan: DraftPlan) -> tuple[Draft, ...]:
    """The drafts that wait for a person once the plan is kept."""
    over = {id for id, _ in plan.over}
    again = {*plan.reopened, *(id for id, _ in plan.back)}
    before = (
        each
        for each in s.drafts
        if (each.state is DraftState.OPEN and each.id not in over) or each.id in again
    )
    return (*before, *(each for each in plan.new if each.state is DraftState.OPEN))


def draft_id(ticket: str, reason: str, number: int) -> str:
    """The id of the ticket's draft of that number for the reason; the same for ever."""
    return f"d-{sha256(f'{ticket}|{reason}|{number}')[:24]}"


def draft_digest(html: str) -> str:
    """By which whoever approves a draft names the words that they saw."""
    return sha256(html)


def reached_stage(s: TicketSituation, stage: str | None, now: datetime) -> Reached | None:
    """The stage that was last reached, and when. One that only holds is no other one."""
    before = s.reached
    if stage is None:
        return before
    if before is None:
        return Reached(stage, now)
    if before.stage == stage:
        return before
    if before.at is not None and now - before.at < BACK_SOON:
        earlier = [each for each in s.drafts if each.reason == f"{STAGE}{stage}"]
        if earlier:
            return Reached(stage, earlier[-1].made_at)
    return Reached(stage, now)


class _News:
    """Whether and since when there is something to tell of the stage that a ticket shows."""

    def __init__(
        self, s: TicketSituation, stage: Stage, reached: Reached | None, now: datetime
    ) -> None:
        self.stage, self.reason, self.now = stage, f"{STAGE}{stage.id}", now
        self.since = None if reached is None else reached.at
        there = [(each.item, at) for each, at in arrivals(s, now) if each.stage == stage]
        moved = _settled(s.mapping, [at for _, at in there], self.since)
        linked = latest(*(e.link.created_at for e, _ in there if not _was_launched(s, e)))
        self.at = moved if moved is None else latest(moved, linked)
        self.is_news = moved is not None and _is_news(s, stage, moved, now)
        self.is_told = self.at is not None and _told_since(s, self.at)
        self.while_linked = moved is not None and (linked is None or moved >= linked)
        """Engineering came so far while the work was on the ticket, and not before."""


def _settled(
    mapping: Mapping, moments: list[datetime | None], since: datetime | None
) -> datetime | None:
    """When engineering's work came to the stage; None where it was before anybody looked."""
    known = [each for each in moments if each is not None]
    if since is None or not known:
        return None
    return min(since, max(known) if mapping.rollup == "least_advanced" else min(known))


def _was_launched(s: TicketSituation, item: LinkedItem) -> bool:
    """Whether the item was made for the ticket: nothing of it was there before."""
    ref, since = item.link.work_item, item.link.created_at
    return any(
        (each.connection, each.work_item_id) == (ref.connection, ref.id)
        for each in s.launches
        # An adopted item has a launch that is as old as itself.
        if each.state is LaunchState.CREATED and since - each.intended_at < ADOPTED
    )


def _is_news(s: TicketSituation, stage: Stage, at: datetime, now: datetime) -> bool:
    """Whether it is told by the mapping in force when it happened, and by each since."""
    if s.start_mark is None or at < s.start_mark:
        return False
    since = s.telling.since
    if since is None or at >= since:
        return True
    for earlier in s.telling.earlier:
        steps = steps_of(replace(s, mapping=earlier.mapping), now)
        then = roll_up(earlier.mapping, steps).stage
        if then is None or then.id != stage.id or then.tell == "no":
            return False
        if earlier.since is None or at >= earlier.since:
            return True
    return False


def _told_since(s: TicketSituation, at: datetime) -> bool:
    """Whether a person has told the customer something since then, or let the hub do so."""
    if any(_by_person(each) and each.at >= at for each in s.said):
        return True
    return any(
        is_told(each) and (said := read_instant(each.at)) is not None and said >= at
        for each in comments_of(s.observation)
    )


def _by_person(said: Said) -> bool:
    return bool(said.by)


def _by_itself(draft: Draft) -> bool:
    """Whether no person has let it go."""
    return draft.state is DraftState.OPEN or not draft.approved_by


def _over(
    s: TicketSituation, draft: Draft, shown: Stage | None, eta: date | None, now: datetime
) -> str:
    """Why a draft that is under way is not to be said any more; empty where it is."""
    if draft.reason == ETA:
        return MOVED_ON if eta is not None and _has_moved(s, draft, eta, now) else ""
    by_asking = draft.reason.startswith(ASKED)
    if not (by_asking or draft.reason.startswith(STAGE)):
        return ""
    if not s.items:
        return UNLINKED
    if shown is None:
        # Held: what can't be seen proves nothing.
        return ""
    if by_asking:
        if draft.reason != f"{ASKED}{shown.id}":
            return MOVED_ON
        return TOLD if _by_itself(draft) and _told_since(s, draft.made_at) else ""
    asked = draft.reason == f"{STAGE}{shown.id}" and shown.tell != "no"
    return "" if asked else MOVED_ON


def _has_moved(s: TicketSituation, draft: Draft, eta: date, now: datetime) -> bool:
    """Whether the date is not the one that a draft tells. What was approved no calendar changes.

    The end of a range comes nearer by itself, from one day to the next.
    """
    if draft.state is DraftState.OPEN:
        return draft.eta != _told_as(s, eta, now)
    if draft.eta is None:
        # In words of a person's own that name none.
        return False
    moments = (now, draft.made_at, draft.approved_at or now)
    return draft.eta not in (eta, *(_told_as(s, eta, at) for at in moments))


def _late(s: TicketSituation, draft: Draft, told: date | None, now: datetime) -> str:
    """Why a date need not be told any more: it was told, or there is nothing left to wait for."""
    if draft.reason != ETA:
        return ""
    if told is not None and draft.eta == told and _by_itself(draft):
        return TOLD
    return MOVED_ON if s.items and is_delivered(s, now) else ""


def _doubled(s: TicketSituation, going: list[Draft]) -> list[str]:
    """Of several drafts for one occasion, as a merge leaves them, all but the one that is said.

    That is the one that a person approved, else the newest.
    """
    found = [each.id for each in going if _was_said(s, each)]
    best: dict[str, Draft] = {}
    for each in going:
        if each.reason == BY_HAND or is_beside(each) or each.id in found:
            continue
        other = best.get(each.reason)
        if other is not None and bool(other.approved_by) > bool(each.approved_by):
            found.append(each.id)
            continue
        if other is not None:
            found.append(other.id)
        best[each.reason] = each
    return with_beside(going, found)


def _was_said(s: TicketSituation, draft: Draft) -> bool:
    """Whether the hub said this very thing in other words: the stage since it was reached."""
    if not draft.reason.startswith(STAGE) or s.reached is None or s.reached.at is None:
        return False
    since = s.reached.at
    own = with_beside(s.drafts, [draft.id])
    return any(
        each.stage == draft.stage and each.draft not in own and each.at >= since for each in s.said
    )


def _with_stage(s: TicketSituation, step: DraftStep, news: _News, eta: date | None) -> DraftStep:
    """The step with the draft of the stage: a new one, an earlier one taken up, or said anew."""
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry, s.contacts)
    there = in_release(s, news.now)
    release = "" if there is None else there.name
    on = today(s.mapping.releases, news.now)
    words = worded(facts, Occasion(news.stage.id, news.stage.label, eta, release, on))
    before = [each for each in s.drafts if each.reason == news.reason]
    known = [e for e in before if news.since is not None and e.made_at >= news.since]
    plan = step.plan
    if known:
        return replace(step, plan=_taken_up(s, plan, known[-1], words))
    if isinstance(words, Unsayable):
        return replace(step, findings=(*step.findings, _incomplete(s, news.stage, words)))
    id = draft_id(str(s.ref), news.reason, len(before))
    made = Draft(
        id, str(s.ref), news.reason, words.html, draft_digest(words.html), DraftState.OPEN,
        news.now, stage=news.stage.id, eta=words.eta, release=release or None,
        language=words.language,
    )  # fmt: skip
    # What was done before it was linked was perhaps told before, too: a person looks.
    by_itself = news.stage.tell == "send" and news.while_linked
    if by_itself and not why_held(made.html, s.sentry):
        made = replace(made, state=DraftState.APPROVED, approved_at=news.now)
    return replace(step, plan=replace(plan, new=(*plan.new, made)))


def _taken_up(
    s: TicketSituation, plan: DraftPlan, draft: Draft, words: Worded | Unsayable
) -> DraftPlan:
    """What becomes of the draft that there is for this occasion already."""
    people = None
    if is_wanted_again(draft):
        plan = replace(plan, reopened=(draft.id,))
        people = people_again(s.drafts, draft)
    elif draft.state is not DraftState.OPEN:
        return plan
    said = None
    if isinstance(words, Worded) and words.eta != draft.eta:
        # It names a day that is not the one any more.
        said = Rewording(draft.id, words.html, draft_digest(words.html), words.eta, people)
    elif people not in (None, draft.recipients):
        said = Rewording(draft.id, draft.html, draft.digest, draft.eta, people)
    return plan if said is None else replace(plan, reworded=(said,))


def _with_eta(
    s: TicketSituation,
    step: DraftStep,
    shown: Stage | None,
    eta: date | None,
    told: date | None,
    now: datetime,
) -> DraftStep:
    """The step with the draft that a date told earlier has moved, where nothing else tells it."""
    if eta is None or told is None or eta - told <= SLIP:
        return step
    before = [each for each in s.drafts if each.reason == ETA]
    over = {id for id, _ in step.plan.over}
    telling = [e for e in (*s.drafts, *step.plan.new) if is_going(e) and e.id not in over]
    due = _told_as(s, eta, now)
    if any(each.eta == due for each in (*before, *telling)):
        return step
    if any(each.reason == ETA and each.state is DraftState.APPROVED for each in telling):
        # It says so in the words of the day on which it was approved.
        return step
    facts = Facts(s.ref, s.observation, s.mapping, s.reference, s.company, s.sentry, s.contacts)
    label = "" if shown is None else shown.label
    words = worded(facts, Occasion(ETA_SLIPPED, label, eta, on=today(s.mapping.releases, now)))
    if isinstance(words, Unsayable):
        return step
    made = Draft(
        _id_of_date(s, due), str(s.ref), ETA, words.html, draft_digest(words.html),
        DraftState.OPEN, now, stage=None, eta=due, language=words.language,
    )  # fmt: skip
    return replace(step, plan=replace(step.plan, new=(*step.plan.new, made)))


def _told_as(s: TicketSituation, eta: date, now: datetime) -> date:
    """The day by which it is told: the date itself, or the end of the range in which it lies."""
    return told_date(eta, "en", s.mapping.tell.ranges, today(s.mapping.releases, now)).day


def _id_of_date(s: TicketSituation, eta: date) -> str:
    """By the date that it tells: a store that was put back makes the same one again."""
    taken = {each.id for each in s.drafts}
    ids = (draft_id(str(s.ref), f"{ETA} {eta}", number) for number in range(len(taken) + 1))
    return next(each for each in ids if each not in taken)


def _incomplete(s: TicketSituation, stage: Stage, words: Unsayable) -> Finding:
    data = {"stage": stage.label, "lacks": words.lacks, "ref": str(s.ref)}
    return Finding(WORDING_INCOMPLETE, s.ref.connection, str(s.ref), stage.id, data)
