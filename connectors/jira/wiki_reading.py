"""Jira's wiki markup as rich text: how version 2 of the API and the webhooks show long texts.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bridge.kit.richtext.building import Builder, Frame
from bridge.kit.richtext.model import Break, Mark, Mention, RichText, image, safe_address

_FENCE = re.compile(r"\{(code|noformat)(?::([^}\n]{0,200}))?\}")
_MACRO = re.compile(r"\{(quote|panel|color|anchor)(?::[^}\n]{0,200})?\}")
_HEADING = re.compile(r"\s*h([1-6])\.\s+(.*)")
_QUOTED = re.compile(r"\s*bq\.\s+(.*)")
_ITEM = re.compile(r"\s*([*#-]{1,20})\s+(.*)")
_RULE = re.compile(r"\s*-{4,}\s*")
_INLINE = re.compile(
    r"\\(?P<escaped>[^\w\s])"
    r"|\[~(?:accountid:)?(?P<mention>[^\]\[\n]{1,200})\]"
    r"|\[(?:(?P<label>[^|\]\[\n]{1,500})\|)?(?P<href>(?:https?://|mailto:)[^\]\[\s|]{1,2000})"
    r"(?:\|[^\]\n]{0,200})?\]"
    r"|\{\{(?P<code>[^}\n]{1,1000})\}\}"
    r"|!(?P<image>[^!|\s][^!|\n]{0,200})(?:\|[^!\n]{0,200})?!"
    r"|(?<!\w)\*(?P<strong>[^\s*\n](?:[^*\n]{0,1000}[^\s*\n])?)\*(?!\w)"
    r"|(?<!\w)_(?P<em>[^\s_\n](?:[^_\n]{0,1000}[^\s_\n])?)_(?!\w)"
    r"|(?<!\w)\+(?P<under>[^\s+\n](?:[^+\n]{0,1000}[^\s+\n])?)\+(?!\w)"
    r"|(?P<url>https?://[^\s<>\[\]|{}\"']{1,2000})"
)
_OF_CELLS = re.compile(r"\[[^\[\]\n]{0,2000}\]|[^|\[]+|\[|\|")
_MARKS: Mapping[str, Mark] = {
    "strong": Mark.STRONG, "em": Mark.EMPHASIS, "under": Mark.UNDERLINE, "code": Mark.CODE,
}  # fmt: skip
_PLAIN: frozenset[Mark] = frozenset()


def read_wiki(text: str) -> RichText:
    """The rich text of wiki markup; what is no markup is said as it stands."""
    reader = _Reader()
    at = 0
    while (fence := _FENCE.search(text, at)) is not None:
        reader.lines(text[at : fence.start()])
        end = text.find("{" + fence[1] + "}", fence.end())
        if end < 0:
            # It never ends: no code after all.
            reader.lines(text[fence.start() :])
            return reader.finish()
        reader.code(text[fence.end() : end], fence[2] or "")
        at = end + len(fence[1]) + 2
    reader.lines(text[at:])
    return reader.finish()


def _cells(row: str) -> list[str]:
    """The cells of a row; a bar within a link parts none."""
    cells = [""]
    for part in _OF_CELLS.findall(row):
        if part == "|":
            cells.append("")
        else:
            cells[-1] += part
    return cells


class _Reader:
    def __init__(self) -> None:
        self._to = Builder()
        self._lists: list[Frame] = []
        self._quoted = False
        self._in_table = False

    def finish(self) -> RichText:
        """The whole text."""
        return self._to.finish()

    def code(self, text: str, options: str) -> None:
        """What stands between two fences."""
        self._end_table()
        self._to.begin_code(options.partition("|")[0] if "=" not in options else "")
        self._to.words(text)
        self._to.end_code()

    def lines(self, text: str) -> None:
        """Text without code, line by line."""
        for line in text.replace("\r\n", "\n").split("\n"):
            at = 0
            for macro in _MACRO.finditer(line):
                self._part(line[at : macro.start()])
                self._macro(macro[1])
                at = macro.end()
            self._part(line[at:], ends=True, alone=at == 0)

    def _macro(self, name: str) -> None:
        if name not in ("quote", "panel"):
            return
        self._end_lists()
        self._end_table()
        self._quoted = not self._quoted
        if self._quoted:
            self._to.open(Frame.QUOTE)
        else:
            self._to.close(Frame.QUOTE)

    def _part(self, line: str, *, ends: bool = False, alone: bool = True) -> None:
        """A line or what of it stands beside a macro."""
        if not line.strip():
            if ends and alone:
                self._end_lists()
                self._end_table()
                self._to.end_line()
            return
        if (item := _ITEM.fullmatch(line)) is not None and not _RULE.fullmatch(line):
            self._item(item[1], item[2])
            return
        self._end_lists()
        if line.lstrip().startswith("|"):
            self._row(line.strip())
            return
        self._end_table()
        if _RULE.fullmatch(line):
            self._to.rule()
        elif (heading := _HEADING.fullmatch(line)) is not None:
            self._to.begin_line(int(heading[1]))
            self._said(heading[2])
            self._to.end_line()
        elif (quoted := _QUOTED.fullmatch(line)) is not None:
            self._to.open(Frame.QUOTE)
            self._said(quoted[1])
            self._to.close(Frame.QUOTE)
        else:
            self._said(line)
            if ends:
                self._to.put(Break())

    def _item(self, signs: str, text: str) -> None:
        self._end_table()
        kinds = [Frame.NUMBERS if sign == "#" else Frame.BULLETS for sign in signs]
        shared = 0
        while shared < min(len(kinds), len(self._lists)) and kinds[shared] is self._lists[shared]:
            shared += 1
        self._end_lists(shared)
        for kind in kinds[shared:]:
            self._to.open(kind)
            self._lists.append(kind)
        self._to.open(Frame.ITEM)
        self._said(text)

    def _end_lists(self, keep: int = 0) -> None:
        while len(self._lists) > keep:
            self._to.close(self._lists.pop())

    def _row(self, line: str) -> None:
        if not self._in_table:
            self._to.open(Frame.TABLE)
            self._in_table = True
        self._to.open(Frame.ROW)
        header = line.startswith("||")
        inside = line.strip("|")
        for cell in inside.split("||") if header else _cells(inside):
            self._to.open(Frame.HEADER if header else Frame.CELL)
            self._said(cell)
            self._to.close(Frame.CELL)
        self._to.close(Frame.ROW)

    def _end_table(self) -> None:
        if self._in_table:
            self._in_table = False
            self._to.close(Frame.TABLE)

    def _said(self, text: str) -> None:
        at = 0
        for found in _INLINE.finditer(text):
            self._to.words(text[at : found.start()])
            self._marked(found)
            at = found.end()
        self._to.words(text[at:])

    def _marked(self, found: re.Match[str]) -> None:
        kind = found.lastgroup
        word = found[kind] if kind else ""
        match kind:
            case "escaped":
                self._to.words(word)
            case "mention":
                self._to.put(Mention(word))
            case "href":
                self._to.words(found["label"] or word, _PLAIN, safe_address(word))
            case "url":
                self._to.words(word, _PLAIN, safe_address(word))
            case "image":
                self._to.put(image(word, "" if "://" in word else word))
            case _:
                self._to.words(word, frozenset({_MARKS[str(kind)]}))
