"""What gives a text away as coming from error tracking: shapes, for the gate alone.

The forms that Sentry's own integrations write into trackers (getsentry/sentry:
integrations/jira/integration.py, integrations/vsts/issues.py, integrations/mixins/issues.py),
and what errors look like. All but short ids are looked for in small letters, each pattern goes
over a text once however that is made, and nearly all begin with a sign that is found fast.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from bridge.core.sentry_addresses import REFERRER, UNIQUE, lowered
from bridge.core.short_ids import may_be_short_id

# "Name wrote:" and a quotation, or the end of a line or of a document's text node: Sentry's
# comment as it stands in a tracker, in Azure DevOps under the name of a person. Whatever
# quotes somebody in this way is held. The name may be of any script, so it is not looked at.
_ATTRIBUTION = re.compile(
    r"wrote\s{0,3}:"
    r"(?:(?:\s|&nbsp;|\*|</?(?!blockquote|pre)[a-z][^<>]{0,300}>)*+"
    r"(?:<blockquote|<pre|\{quote|>|&gt;|\Z)"
    r"|[^\S\r\n]{0,20}[\r\n]"
    r"|\s{0,9}\"\s{0,9}[,}])"
)
# The name letter by letter, with digits for letters, or as a host that a line break goes through.
_SPELLED = re.compile(
    r"(?<![a-z0-9])(?:[s5$](\W{1,3}|_)[e3]\1n\1[t7]\1r\1y(?![a-z0-9])|[s5$][e3]n[t7]ry(?![a-z0-9])"
    r"|s[\t\r\n]{0,2}e[\t\r\n]{0,2}n[\t\r\n]{0,2}t[\t\r\n]{0,2}r[\t\r\n]{0,2}y\.[a-z])"
)
# What Sentry calls by 32 digits and letters: as its pages and its programs' messages say it.
_EVENT = re.compile(
    r"(?:event|trace|replay)(?:[ _-]?id)?[\"']?[:=# ]{1,3}[\"']?[0-9a-f]{32}(?![0-9a-f])"
)
# The name of a program's error, which is all that the title of an issue may say.
_NAMED_ERROR = re.compile(r"[a-z](?:Error|Exception)\b")
_DATA_SOURCE = (
    re.compile(r"@(?<=[0-9a-f]{32}@)[\w.-]"),
    re.compile(r":(?<=[0-9a-f]{32}:)[0-9a-f]{1,64}@[\w.-]"),
)
_TRACE = (
    re.compile(r"traceback \(most recent call last\)"),
    re.compile(r"file \"[^\"\n]{1,300}\", line \d"),
    re.compile(
        r"at (?<!\Sat )[\w.$<>/\[\]]{1,300} ?\([^()\n]{0,300}"
        r"(?::\d|native method|unknown source|<anonymous>)"
    ),
    re.compile(r"error\b ?[(:]"),
    re.compile(r"exception\b ?[(:]"),
    re.compile(r"panic(?:ked at)?\b"),
    re.compile(r"in (?<!\win )[\w.$<>]{1,200} at line \d"),
    re.compile(
        r"\.(?:py|js|jsx|ts|tsx|java|kt|rb|go|cs|vb|fs|php|cpp|rs|swift|dart|ex)"
        r"(?::(?:line )?\d|\(\d)"
    ),
    re.compile(r"goroutine \d"),
    re.compile(r"segmentation fault\b"),
)
# Addresses that say nothing of where they lead: a mail gateway keeps the target to itself
# (Mimecast's URL Protection), and so do services that shorten. What they hide can't be judged.
_HIDING = (
    "mimecast",
    "bit.ly/",
    "t.co/",
    "tinyurl.com/",
    "goo.gl/",
    "is.gd/",
    "ow.ly/",
    "lnkd.in/",
    "rb.gy/",
    "cutt.ly/",
    "rebrand.ly/",
    "shorturl.at/",
    "buff.ly/",
    "/ls/click",
    "hubspotlinks.",
    "/track/click",
)
_OPAQUE = re.compile(
    r"\.mimecast(?:protect)?\.com/s/"
    r"|(?<![\w.-])(?:bit\.ly|t\.co|tinyurl\.com|goo\.gl|is\.gd|ow\.ly|lnkd\.in|rb\.gy|cutt\.ly"
    r"|rebrand\.ly|shorturl\.at|buff\.ly)/\w"
    # What programs that send mail make of links, to count who opens them.
    r"|/ls/click\?|\.hubspotlinks\.com/|/track/click/"
)
_UNIQUE_STEPS = ("/organizations/", "/share/", "/events/", "/api/0/")


def attributed(form: str) -> bool:
    """Whether one reading of a text quotes somebody as Sentry's integrations do."""
    return _ATTRIBUTION.search(lowered(form)) is not None


def giveaway(form: str, hosts: frozenset[str]) -> str | None:
    """The name of the first shape found in one reading of a text."""
    lower = lowered(form)
    if _ATTRIBUTION.search(lower) is not None:
        return "attribution"
    if "sentry" in lower or _SPELLED.search(lower) is not None:
        return "sentry"
    if _is_addressed(lower, hosts):
        return "address"
    if "-" in form and may_be_short_id(form):
        return "short id"
    if _any(_DATA_SOURCE, lower):
        return "data source"
    if _any(_TRACE, lower) or _NAMED_ERROR.search(form) is not None:
        return "stack trace"
    if _EVENT.search(lower) is not None:
        return "event"
    if any(each in lower for each in _HIDING) and _OPAQUE.search(lower) is not None:
        return "opaque address"
    return None


def _is_addressed(lower: str, hosts: frozenset[str]) -> bool:
    if any(each in lower for each in _UNIQUE_STEPS) and UNIQUE.search(lower) is not None:
        return True
    if "referrer=" in lower and REFERRER.search(lower) is not None:
        return True
    return bool(hosts) and _of_one(hosts).search(lower) is not None


@lru_cache(maxsize=16)
def _of_one(hosts: frozenset[str]) -> re.Pattern[str]:
    """A configured host, with or without anything before and after it.

    One that is known without a port is the same machine at each.
    """
    ports = {True: r"", False: r"(?::\d{1,5}(?!\d))?"}
    known = sorted(hosts, key=len, reverse=True)
    either = "|".join(re.escape(each) + ports[":" in each] for each in known)
    return re.compile(rf"(?<![\w.-])(?:{either})(?![\w-]|\.\w|:\d)")


def _any(patterns: Sequence[re.Pattern[str]], lower: str) -> bool:
    return any(each.search(lower) is not None for each in patterns)
