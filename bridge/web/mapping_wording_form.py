"""The form for the words in which customers are told."""

from __future__ import annotations

from bridge.config.problems import Path
from bridge.config.yaml_lines import at
from bridge.core.mapping_choices import Choice
from bridge.core.wording_examples import Preview, occasions, preview
from bridge.web.mapping_blanks import (
    AREA,
    CHOICE,
    LINE,
    WORDS,
    Blank,
    Block,
    Group,
    chosen,
    left_over,
    offered,
)
from bridge.web.mapping_kinds import TABLE, Known

_NO_READER = "no ticket tells who reads: say above where it does"
_FIRST = "The first that fits wins: put what is for all last."
_UNSAID = "Where none fits, the words that ship with the hub are used."


def wording_groups(known: Known) -> list[Group]:
    """The wording of each occasion; who signs, and in which language."""
    entries = at(known.raw, ("tell", "wording"))
    number = len(entries) if isinstance(entries, list) else 0
    blocks = tuple(_wording(known, i) for i in range(number))
    blanks = _blanks(known, "new", number)
    looked = _previewed(
        known, *(known.form.get(f"new-{e}", "") for e in ("for", "text", "language"))
    )
    new = Block("new", "New wording", ("tell", "wording", number), blanks, picture=looked)
    return [
        Group(
            "The words", ("tell", "wording"), blocks, new, ordered=True, said=f"{_FIRST} {_UNSAID}"
        ),
        Group("Who signs, in which language", (), (_whole(known),)),
    ]


def _whole(known: Known) -> Block:
    language, audience = ("tell", "language_from"), ("tell", "audience_from")
    blanks = (
        known.blank("signs", "Signed", ("tell", "signs"), LINE, hint="Your team at Acme"),
        known.blank(
            "language", "Language", ("tell", "language"), LINE, default="en",
            hint="where the ticket tells none",
        ),
        known.property("language-from", "The customer's language stands in",
                       (*language, "property"), hint="a field of the ticket"),
        known.blank("language-values", "Its values, as value: language",
                    (*language, "values"), TABLE, hint="german: de"),
        known.property("audience-from", "Who reads stands in", (*audience, "property"),
                       hint="a field of the ticket"),
        known.blank("audience-values", "Its values, as value: power_user or contact",
                    (*audience, "values"), TABLE, hint="admin: power_user"),
    )  # fmt: skip
    more = tuple(
        f"{path[1]}: {each}"
        for path in (language, audience)
        for each in left_over(known.raw, path, [e for e in blanks if e.path[:2] == path])
    )
    return Block("whole", "", (), blanks, more=more)


def _wording(known: Known, number: int) -> Block:
    path: Path = ("tell", "wording", number)
    blanks = _blanks(known, f"w{number}", number)
    what = dict(occasions(known.mapping)).get(str(at(known.raw, (*path, "for"))), "no occasion")
    said = (at(known.raw, (*path, key)) for key in ("for", "text", "language"))
    looked = _previewed(known, *(each if isinstance(each, str) else "" for each in said))
    title = f"When {what}" if "reached" in what or "moved" in what else what.capitalize()
    return Block(
        f"w{number}", title, path, blanks, more=left_over(known.raw, path, blanks), picture=looked
    )


def _previewed(known: Known, what: str, text: str, language: str) -> Preview:
    own = at(known.raw, ("tell", "signs"))
    signs = own if isinstance(own, str) else ""
    return preview(
        known.mapping, what, text, language or known.mapping.tell.language, known.today, signs
    )


def _blanks(known: Known, id: str, number: int) -> tuple[Blank, ...]:
    path: Path = ("tell", "wording", number)
    has_reader = at(known.raw, ("tell", "audience_from")) is not None
    why_not = "" if has_reader else _NO_READER
    new = id == "new"
    return (
        known.blank(
            f"{id}-for", "When", (*path, "for"), CHOICE,
            offers=(*(chosen(("", "choose")) if new else ()), *chosen(*occasions(known.mapping))),
            needed="say when these words are used",
        ),
        known.blank(f"{id}-plan", "Only for plans", (*path, "plan"), WORDS,
                    offers=offered(each.id for each in known.mapping.plans), hint="all"),
        known.blank(f"{id}-language", "Only in", (*path, "language"), LINE, hint="any language"),
        known.blank(
            f"{id}-audience", "Only read by", (*path, "audience"), CHOICE,
            offers=(
                Choice("", "anybody"),
                Choice("power_user", "power users", why_not),
                Choice("contact", "contacts", why_not),
            ),
        ),
        known.blank(f"{id}-text", "What is said", (*path, "text"), AREA,
                    needed="say what the customer reads", wide=True),
    )  # fmt: skip
