"""How the service rewrites the HTML it is given, when it does."""

from __future__ import annotations

import re

_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)
_HANDLER = re.compile(r"""\son\w+\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_EMPTY_TAG = re.compile(r"<(br|hr|img)\b([^<>]*?)\s*/?>", re.IGNORECASE)
_BETWEEN = re.compile(r">\s+<")


def rewritten(html: str) -> str:
    """Another spelling of the same text; rewriting it again changes nothing."""
    text = _HANDLER.sub("", _SCRIPT.sub("", html))
    text = _EMPTY_TAG.sub(lambda tag: f"<{tag[1].lower()}{tag[2]}>", text)
    text = _BETWEEN.sub("><", text.strip())
    text = text.replace("&#39;", "'").replace("&apos;", "'").replace("\u00a0", "&nbsp;")
    text = text.replace("<p>", "<div>").replace("</p>", "<br></div>")
    if text and not text.startswith("<"):
        text = f"<div>{text}</div>"
    return text
