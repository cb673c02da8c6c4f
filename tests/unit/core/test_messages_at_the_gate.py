"""No word of error tracking leaves in a message to a customer, however it is wrapped."""

from __future__ import annotations

import pytest

from bridge.core.guard import Held, release_message
from bridge.core.told_wording import why_held
from bridge.domain.texts import Audience, Releasable
from tests.unit.core.sentry_texts import ADDRESSES, KNOWN, LOOK_ALIKES, WRITTEN

SHAPES = [text for _, _, text in (*ADDRESSES, *WRITTEN)]
WRAPPED = [
    "<p>It is fixed, see {}</p>",
    '<p>It is <a href="{}">fixed</a>.</p>',
    "<blockquote>{}</blockquote><p>Fixed.</p>",
    '<p>Fixed.</p><p><img src="{}" alt="x"></p>',
]


@pytest.mark.parametrize("text", SHAPES)
def test_every_shape_is_held(text: str) -> None:
    assert isinstance(release_message(f"<p>It is fixed. {text}</p>", "x", known=KNOWN), Held)


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("address", [text for _, _, text in ADDRESSES])
def test_every_address_is_held_where_no_eye_sees_it(wrapped: str, address: str) -> None:
    assert isinstance(release_message(wrapped.format(address), "x", known=KNOWN), Held)


@pytest.mark.parametrize("text", [each for each in LOOK_ALIKES if "sentry" not in each.casefold()])
def test_what_only_looks_so_goes_out(text: str) -> None:
    """The very name is suspicion enough: a customer need not read it."""
    gate = release_message(f"<p>{text}</p>", "approved by a person", known=KNOWN)
    assert isinstance(gate, Releasable)
    assert gate.audience is Audience.CUSTOMER


@pytest.mark.parametrize("empty", ["", " ", "<p></p>", "<p>&nbsp;</p>", "<br>"])
def test_nothing_to_read_is_not_sent(empty: str) -> None:
    assert isinstance(release_message(empty, "x"), Held)


def test_script_and_style_do_not_leave() -> None:
    gate = release_message("<p>Fixed.<script>alert(1)</script></p><style>p{}</style>", "x")
    assert isinstance(gate, Releasable)
    assert "script" not in gate.value
    assert "style" not in gate.value


@pytest.mark.parametrize(
    "html",
    [
        *(f"<p>It is fixed. {text}</p>" for text in (*SHAPES, *LOOK_ALIKES)),
        *(wrapped.format(text) for wrapped in WRAPPED for _, _, text in ADDRESSES),
        *("", "<p>&nbsp;</p>", "<p><img src='https://x.example/a.png'></p>", "<p>Fixed.</p>"),
    ],
)
def test_what_may_be_approved_is_what_may_be_sent(html: str) -> None:
    held = isinstance(release_message(html, "x", known=KNOWN), Held)
    assert bool(why_held(html, KNOWN)) is held
