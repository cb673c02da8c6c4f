"""Mistakes about whom a route tells: the line, and the nearest right value."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from tests.unit.config.samples import FILE, GOOD, KNOWN

NOTIFY = """\
    notify:
      - when: {field: severity, is: high}
        to: [development_leads, csm, ana@acme.com]
        via: [internal, mail]
        with: [link]
        until_acknowledged: true
        resend: 10m
"""
TEXT = (
    GOOD.replace("status:\n", f"{NOTIFY}status:\n", 1)
    + "roles:\n  csm: [{property: csm_mail}, {owner: owner_id}]\n"
)


def _told(old: str, new: str) -> list[str]:
    assert old in TEXT
    loaded = load_mapping(TEXT.replace(old, new, 1), FILE, known=KNOWN)
    return [] if isinstance(loaded, LoadedMapping) else [str(each) for each in loaded]


def test_good_notice_is_loaded_with_everything_it_says() -> None:
    loaded = load_mapping(TEXT, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping), loaded
    [notify] = loaded.mapping.routes[1].notify
    assert notify.to == ["development_leads", "csm", "ana@acme.com"]
    assert notify.via == ["internal", "mail"]
    assert notify.resend == timedelta(minutes=10)
    assert loaded.mapping.notifiers() == ("internal", "mail")


def test_one_name_may_stand_alone() -> None:
    assert _told("to: [development_leads, csm, ana@acme.com]", "to: csm") == []
    assert _told("via: [internal, mail]", "via: mail") == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "to: [development_leads,",
            "to: [development_lead,",
            (
                'routes[1].notify[0].to[0]: nobody is called "development_lead"; did you mean '
                '"development_leads"?'
            ),
        ),
        (
            "to: [development_leads, csm, ana@acme.com]",
            "to: leds",
            (
                'routes[1].notify[0].to: nobody is called "leds"; roles and groups of people: csm, '
                "development_leads, on_call"
            ),
        ),
        (
            "via: [internal, mail]",
            "via: [internl, mail]",
            'routes[1].notify[0].via[0]: no connection "internl"; did you mean "internal"?',
        ),
        (
            "via: [internal, mail]",
            "via: [boards, mail]",
            (
                'routes[1].notify[0].via[0]: "boards" is not a notifier; notifiers in bridge.yaml: '
                "internal, mail"
            ),
        ),
        (
            "        to: [development_leads, csm, ana@acme.com]\n",
            "",
            'routes[1].notify[0].via[1]: "mail" needs to know whom to write to; add to:',
        ),
        (
            "        until_acknowledged: true\n",
            "",
            "routes[1].notify[0].resend: nothing is told again without until_acknowledged: true",
        ),
        ("resend: 10m", "resend: 5s", "routes[1].notify[0].resend: must be at least 1m"),
        ("with: [link]", "with: [lnk]", 'with[0]: "lnk" is not one of link, screenshot'),
        ("severity, is: high}\n        to", "severity, is: hihg}\n        to", 'never "hihg"'),
        ("{property: csm_mail}", "{}", "exactly one of: property, owner"),
        ("{property: csm_mail}", "{association: company, property: x}", "names nobody"),
    ],
)
def test_mistake_is_told_with_its_place_and_remedy(old: str, new: str, said: str) -> None:
    told = _told(old, new)
    assert len(told) == 1, told
    assert said in told[0]
