"""Texts of a mapping: what they may hold, what they need, what comes out."""

from __future__ import annotations

import pytest

from bridge.core.wording import WordingProblem, check_template, needed_values, render

TICKET = {"customer": "Init & Co", "subject": "It <fails>"}


def test_values_are_put_in() -> None:
    assert render("[{{ ticket.customer }}] {{ ticket.subject }}", TICKET) == (
        "[Init & Co] It <fails>"
    )


def test_html_field_gets_escaped_values() -> None:
    assert render("<b>{{ ticket.subject }}</b>", TICKET, html=True) == "<b>It &lt;fails&gt;</b>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ ticket.plan | default('none') }}", "none"),
        ("{{ ticket.plan or 'none' }}", "none"),
        ("{{ 'x' if ticket.plan else 'y' }}", "y"),
        ("{{ ticket.subject | truncate(4) }}", "It …"),
        ("{{ ticket.subject | replace('It', 'All') | upper }}", "ALL <FAILS>"),
        ("{{ ticket.subject | escape }}", "It &lt;fails&gt;"),
        ("{{ ticket.customer | lower | title | trim }}", "Init & Co"),
    ],
)
def test_filters_and_alternatives_work(text: str, expected: str) -> None:
    assert render(text, TICKET) == expected


@pytest.mark.parametrize(
    "name", ["work_item.title", "comment.text", "item.description", "sentry.title", "signal"]
)
def test_words_of_engineering_are_refused_with_the_reason_and_the_right_way(name: str) -> None:
    [told] = check_template(f"[{{{{ {name} }}}}] {{{{ ticket.subject }}}}")
    assert told.startswith(f"{name} is in engineering's words, which no template can name: ")
    assert "opt a field of the work item in under fields:, with its audience" in told


def test_missing_value_is_a_problem_not_an_empty_text() -> None:
    with pytest.raises(WordingProblem, match="no plan"):
        render("{{ ticket.plan }}", TICKET)


@pytest.mark.parametrize(
    "text",
    [
        "{% for x in 'abc' %}{{ x }}{% endfor %}",
        "{% set x = 1 %}",
        "{{ ticket.__class__ }}",
        "{{ ticket.subject.__class__ }}",
        "{{ ticket['subject'] }}",
        "{{ ticket.items() }}",
        "{{ ''.join(['a']) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ ticket.subject | attr('x') }}",
        "{{ ticket.subject | map('upper') }}",
        "{{ range(3) }}",
        "{{ ticket.subject is defined }}",
        "{{ ticket }}",
        "{{ subject",
        "{{ 1 / 0 }}",
        "x" * 5000,
    ],
)
def test_anything_that_runs_or_reaches_out_is_refused(text: str) -> None:
    assert check_template(text)
    with pytest.raises(WordingProblem):
        render(text, TICKET)


def test_wrong_name_is_answered_with_the_nearest_right_one() -> None:
    assert check_template("{{ ticket.custmer }}") == [
        "ticket.custmer is not known. Did you mean ticket.customer?"
    ]
    assert "ticket.subject" in check_template("{{ subject }}")[0]
    assert "truncate" in check_template("{{ ticket.key | truncat }}")[0]


def test_growing_filters_end_at_the_limit() -> None:
    bomb = "{{ 'aaaaaaaaaa'" + " | replace('a', 'aaaaaaaaaa')" * 30 + " }}"
    assert check_template(bomb) == []
    with pytest.raises(WordingProblem, match="longer"):
        render(bomb, TICKET)


def test_needed_values_leave_out_what_has_an_alternative() -> None:
    text = "{{ ticket.key }} {{ ticket.plan | default('') }} {{ ticket.url or '' }}"
    assert needed_values(text + "{{ ticket.subject | upper }}") == {"key", "subject"}
