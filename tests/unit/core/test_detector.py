"""Every shape of a reference to Sentry is found, and nothing that only looks like one."""

from __future__ import annotations

import sys

import pytest

from bridge.core.detector import (
    UNREADABLE,
    KnownSentry,
    Reference,
    forget_texts,
    is_signal_reference,
    references,
    suspicion,
)
from tests.unit.core.sentry_texts import ADDRESSES, HEX, KNOWN, LOOK_ALIKES, WRITTEN

SHAPES = [*ADDRESSES, *WRITTEN]
BY_NUMBER = [pytest.param(kind, text, id=number) for number, kind, text in SHAPES]
ISSUE = "https://acme.sentry.io/issues/4509876543/"


def kinds(text: str, known: KnownSentry = KNOWN) -> set[str]:
    return {each.kind for each in references(text, known)}


@pytest.mark.parametrize(("kind", "text"), BY_NUMBER)
def test_every_shape_is_found_and_held(kind: str, text: str) -> None:
    assert kind in kinds(text)
    assert suspicion(f"Please see {text}.", KNOWN) is not None


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for _, kind, text in ADDRESSES])
def test_every_address_is_a_reference_to_a_signal(kind: str, text: str) -> None:
    assert is_signal_reference(f"Please see {text}.", KNOWN), kind
    assert is_signal_reference("Fixes CHECKOUT-1AB", KNOWN)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_look_alike_is_no_reference(text: str) -> None:
    assert references(text, KNOWN) == ()
    assert references(f"<p>Hello, {text}, thanks</p>", KNOWN) == ()


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_without_anything_known_a_look_alike_is_none_either(text: str) -> None:
    assert references(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ISSUE, Reference("issue", "acme.sentry.io", "acme", "4509876543")),
        (
            "https://us.sentry.io/organizations/acme/issues/checkout-1ab/",
            Reference("issue", "us.sentry.io", "acme", short_id="CHECKOUT-1AB"),
        ),
        (
            "https://sentry.io/acme/front-end/issues/9",
            Reference("issue", "sentry.io", "acme", "9"),
        ),
        (
            "https://errors.acme.com/issues/9/",
            Reference("issue", "errors.acme.com", "", "9"),
        ),
        (
            "https://other.test/organizations/o/issues/9/",
            Reference("issue", "other.test", "o", "9", sure=False),
        ),
        (
            "https://sentry.other.test/issues/9/",
            Reference("issue", "sentry.other.test", "", "9", sure=False),
        ),
        (
            "https://other.test:8443/o/p/issues/9/?referrer=jira_integration",
            Reference("issue", "other.test:8443", "o", "9"),
        ),
        (
            "https://sentry.io/api/0/projects/acme/web/events/" + HEX,
            Reference("event", "sentry.io", "acme", HEX),
        ),
        ("Fixes CHECKOUT-1AB", Reference("short_id", short_id="CHECKOUT-1AB")),
        (
            f"https://{HEX}@o1.ingest.us.sentry.io/42",
            Reference("data_source", "o1.ingest.us.sentry.io", id=HEX),
        ),
    ],
)
def test_a_reference_says_what_the_text_says(text: str, expected: Reference) -> None:
    assert references(text, KNOWN) == (expected,)


def test_a_short_id_is_sure_only_where_its_project_is_known() -> None:
    assert references("see CHECKOUT-1AB") == (
        Reference("short_id", short_id="CHECKOUT-1AB", sure=False),
    )
    other = KnownSentry(projects=frozenset({"billing"}))
    assert references("see CHECKOUT-1AB", other) == ()
    # The list of projects is read twice a day: the gate does not go by its silence.
    assert suspicion("see CHECKOUT-1AB", other) == "short id"


def test_a_projects_digits_are_held_where_only_the_list_of_projects_tells_them() -> None:
    assert suspicion("see PUMP-STATION-1") is None
    assert suspicion("see PUMP-STATION-1", KNOWN) == "short id"
    assert suspicion("see WEB-42", KNOWN) is None


def test_an_issue_is_named_once_however_often_it_stands_there() -> None:
    text = (
        f'<a href="{ISSUE}">CHECKOUT-1AB</a> {ISSUE} https%3A%2F%2Facme.sentry.io/issues/4509876543'
    )
    found = references(text, KNOWN)
    assert [each.kind for each in found] == ["issue", "short_id"]


def test_several_things_are_all_named() -> None:
    text = f"{ISSUE} and https://acme.sentry.io/issues/2/, https://acme.sentry.io/replays/{HEX}/"
    assert [each.id for each in references(text)] == ["4509876543", "2", HEX]


@pytest.mark.parametrize(
    "text",
    [
        "https://acme.sentry.io/whatever/",
        "sentry.io/4",
        "https://errors.acme.com/settings/",
    ],
)
def test_a_page_of_sentry_is_no_thing_and_yet_never_a_tickets_link(text: str) -> None:
    assert references(text, KNOWN) == ()
    assert is_signal_reference(text, KNOWN)


@pytest.mark.parametrize(
    "text",
    ["SENTRY-12", "sentry", "PUMP-STATION-1", "WEB-42", f"https://{HEX}@o1.ingest.sentry.io/4"],
)
def test_a_trackers_key_and_a_clients_data_source_are_no_reference_to_a_signal(text: str) -> None:
    assert not is_signal_reference(text, KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Facme.sentry.io"
        "%2Fissues%2F4509876543%2F&data=05%7C01"),
        "https://urldefense.proofpoint.com/v1/url?u=https://acme.sentry.io/issues/4509876543/&k=x",
        ("https://urldefense.proofpoint.com/v2/url?u=https-3A__acme.sentry.io_issues_4509876543_"
        "&d=DwMFaQ&c=x"),
        "https://urldefense.com/v3/__https://acme.sentry.io/issues/4509876543/__;!!Nq4!x$",
        "https://urldefense.com/v3/__https:/acme.sentry.io/issues/4509876543__;!!Nq4!x$",
        "https://www.google.com/url?q=https://acme.sentry.io/issues/4509876543/&sa=D&ust=1",
        "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2facme.sentry.io%2fissues%2f4509876543",
        "https://web.archive.org/web/2026/https://acme.sentry.io/issues/4509876543/",
        "<https://acme.sentry.io/issues/4509876543/|the error>",
        "[the error](https://acme.sentry.io/issues/4509876543/)",
        "[the error|https://acme.sentry.io/issues/4509876543/]",
        "acme.sentry.io/issues/4509876543",
        "//acme.sentry.io/issues/4509876543/",
        "https:/acme.sentry.io/issues/4509876543/",
        "https:\\\\acme.sentry.io\\issues\\4509876543",
        "hxxps://acme[.]sentry[.]io/issues/4509876543",
        "HTTPS://ACME.SENTRY.IO/ISSUES/4509876543/",
        "https://acme.sentry.io./issues/4509876543/",
        "https://acme.sentry.io:443/issues/4509876543/",
        "https://jane:secret@acme.sentry.io/issues/4509876543/",
        "https://acme.sentry.io//issues//4509876543",
        "https&#58;&#x2F;/acme&#46;sentry&#0000046;io/issues/4509876543/",
        "https:&amp;#47;&amp;#47;acme.sentry.io/issues/4509876543/",
        "https%253A%252F%252Facme%25252Esentry.io%252Fissues%252F4509876543",
        "https://ac&shy;me.sen&ZeroWidthSpace;try.io/iss\u200bues/4509\u2060876543/",
        "https://acme\u3002sentry\uff0eio/issues/4509876543/",
        "https://\uff41cme.\uff53entry.io/issues/4509876543/",
        "https://acme.<b>sentry</b>.io/issues/4509876543/",
        "https://acme.sen<wbr>try.<!-- -->io/issues/4509876543/",
        "https://acme.**sentry**.io/issues/4509876543/",
        "https://acme.{color:#de350b}sentry{color}.io/issues/4509876543/",
        'x <a href="https://acme.sen\ntry.io/issues/4509\t876543/">y</a>',
        "https://acme.sentry.io/iss=\nues/4509876543/",
        "\u898b\u3066https://acme.sentry.io/issues/4509876543/\u3001\u3068",
        "\u898b\u3066acme.sentry.io/issues/4509876543\u3092",
        "(see https://acme.sentry.io/issues/4509876543)...",
        "https://acme.sentry.io/issues/4509876543\u2026",
    ],
)  # fmt: skip
def test_however_it_is_wrapped_the_issue_is_found(text: str) -> None:
    found = references(text)
    assert Reference("issue", "acme.sentry.io", "acme", "4509876543") in found
    assert suspicion(text) is not None


def test_a_configured_host_counts_with_its_port_and_in_both_spellings() -> None:
    known = KnownSentry(hosts=frozenset({"fehler.müller.de", "10.0.0.7:9000"}))
    for host in ("fehler.müller.de", "FEHLER.MÜLLER.DE", "fehler.xn--mller-kva.de:443"):
        [found] = references(f"https://{host}/issues/9/", known)
        assert (found.kind, found.id, found.sure) == ("issue", "9", True)
    assert references("http://10.0.0.7:9000/issues/9/", known) != ()
    assert references("http://10.0.0.7:8000/issues/9/", known) == ()
    assert suspicion("ask 10.0.0.7:9000", known) == "address"
    assert suspicion("ask 10.0.0.7:8000 or 10.0.0.70", known) is None


def test_a_dash_between_words_does_not_hide_a_short_id() -> None:
    assert kinds("CHECKOUT-1AB\u2014it is back") == {"short_id"}
    assert kinds("CHECKOUT\u20111AB") == {"short_id"}


def test_what_cannot_be_decoded_to_the_end_is_held() -> None:
    deep = "&#38;" + "#38;" * 20 + "#115;"
    assert suspicion(f"harmless {deep}") == UNREADABLE
    assert suspicion("100 %25 of it &amp; more") is None


class _Broken(str):
    """A text on which the looking fails."""

    __slots__ = ()

    def isascii(self) -> bool:
        raise RuntimeError("broken")


def test_a_text_on_which_the_detector_fails_is_held() -> None:
    assert suspicion(_Broken("fine")) == UNREADABLE


@pytest.mark.parametrize("digits", ["1" * 6000, "x" + "f" * 6000, "0" * 6000 + "115"])
def test_an_endless_entity_is_read_like_any_other(digits: str) -> None:
    assert suspicion(f"&#{digits};") is None
    assert kinds(f"{ISSUE} &#{digits};") == {"issue"}


@pytest.mark.parametrize("depth", [1, 100_000])
def test_no_nesting_is_too_deep(depth: int) -> None:
    node = f'{{"type":"inlineCard","attrs":{{"url":"{ISSUE}"}}}}'
    text = '{"type":"panel","content":[' * depth + node + "]}" * depth
    assert [each.id for each in references(text)] == ["4509876543"]


def test_short_text_is_remembered_no_longer_than_until_it_is_to_be_forgotten() -> None:
    text = "".join(["Quill", "anthe cannot print"])
    before = sys.getrefcount(text)
    assert suspicion(text) is None
    assert sys.getrefcount(text) > before
    forget_texts()
    assert sys.getrefcount(text) == before
