"""The form that says where things stand on the ticket: what is read, what is shown, who is who."""

from __future__ import annotations

from typing import Any

from bridge.config.mapping_edits import GONE, Edit
from bridge.config.problems import Path, render_path
from bridge.core.mapping_stands import (
    READ,
    SHOWN,
    SHOWN_LABELS,
    field_choices,
    read_from,
    shown_in,
)
from bridge.domain.mapping import Mapping, RoleSource
from bridge.engine.hub import Hub
from bridge.web.mapping_forms import Asked, Form
from bridge.web.mapping_launch import text_asked
from bridge.web.mapping_sheets import Entry, Section, Sheet, reference_of, shared_fields

KINDS = {
    "property": "ticket's field: an address",
    "owner": "ticket's field: an owner",
    "company-property": "company's field: an address",
    "company-owner": "company's field: an owner",
}
"""Where a role's person may stand."""
NEEDS_CATEGORY = "routes need it: say where it stands"


def stands_given(mapping: Mapping, _at: str = "") -> dict[str, str]:
    """What the form begins with."""
    given = {fact: read_from(mapping, fact) for fact in READ}
    given |= {f"show-{fact}": shown_in(mapping, fact) for fact in SHOWN}
    severity = mapping.ticket.severity
    given["category-default"] = mapping.ticket.category.default or ""
    given["severity-default"] = "" if severity is None else severity.default or ""
    customer = mapping.ticket.customer
    given["customer"] = "" if customer is None else customer.name
    given["plan"] = "" if customer is None else customer.plan or ""
    for k, (_, _, source) in enumerate(_sources(mapping)):
        given |= {f"role-kind-{k}": _kind(source), f"role-field-{k}": _field(source)}
    return given | {"role-new-kind": "property"}


def _sources(mapping: Mapping) -> list[tuple[str, int, RoleSource]]:
    """Every source of a role: the role, its place among that role's, and itself."""
    return [(name, i, e) for name, found in mapping.roles.items() for i, e in enumerate(found)]


def _kind(source: RoleSource) -> str:
    kind = "property" if source.owner is None else "owner"
    return kind if source.association is None else f"company-{kind}"


def _field(source: RoleSource) -> str:
    return source.owner or source.property or ""


def stands_asked(mapping: Mapping, _at: str, form: Form) -> Asked:
    """Fields that are read or written elsewhere, and sources of roles that change, come and go."""
    asked, before = Asked(), stands_given(mapping)
    _read(asked, mapping, before, form)
    _customer(asked, mapping, before, form)
    _shown_facts(asked, mapping, before, form)
    _roles(asked, mapping, before, form)
    return asked


def _read(asked: Asked, mapping: Mapping, before: Form, form: Form) -> None:
    at: Path = ("ticket", "category")
    text_asked(asked, (*at, "property"), before, form, "category", needed=NEEDS_CATEGORY)
    text_asked(asked, (*at, "default"), before, form, "category-default")
    at = ("ticket", "severity")
    if not form.get("severity", before["severity"]).strip():
        if mapping.ticket.severity is not None:
            asked.edits.append(Edit(at, GONE))
        return
    text_asked(asked, (*at, "property"), before, form, "severity")
    text_asked(asked, (*at, "default"), before, form, "severity-default")


def _customer(asked: Asked, mapping: Mapping, before: Form, form: Form) -> None:
    at: Path = ("ticket", "customer")
    name, plan = (form.get(each, before[each]).strip() for each in ("customer", "plan"))
    asked.places |= {render_path((*at, "name")): "customer", render_path((*at, "plan")): "plan"}
    if not name and plan:
        asked.wrong["customer"] = "say which field holds the customer's name"
    elif mapping.ticket.customer is not None and not name:
        asked.edits.append(Edit(at, GONE))
    elif mapping.ticket.customer is not None:
        text_asked(asked, (*at, "name"), before, form, "customer")
        text_asked(asked, (*at, "plan"), before, form, "plan")
    elif name:
        said = {"association": "company", "name": name}
        asked.set(at, said | ({"plan": plan} if plan else {}), "customer")


def _shown_facts(asked: Asked, mapping: Mapping, before: Form, form: Form) -> None:
    at: Path = ("show_on_ticket",)
    said = {e: form.get(f"show-{e}", before[f"show-{e}"]).strip() for e in SHOWN}
    gone = [e for e in SHOWN if not said[e] and before[f"show-{e}"]]
    if gone and not any(said.values()) and mapping.show_on_ticket.model_fields_set <= set(SHOWN):
        asked.edits.append(Edit(at, GONE))
        return
    for fact in SHOWN:
        if fact in gone:
            asked.edits.append(Edit((*at, fact), GONE))
        else:
            text_asked(asked, (*at, fact, "property"), before, form, f"show-{fact}")


def _roles(asked: Asked, mapping: Mapping, before: Form, form: Form) -> None:
    gone: dict[str, list[int]] = {}
    for k, (name, i, _) in enumerate(_sources(mapping)):
        at: Path = ("roles", name, i)
        kind = form.get(f"role-kind-{k}", before[f"role-kind-{k}"])
        field = form.get(f"role-field-{k}", before[f"role-field-{k}"])
        asked.places[render_path(at)] = f"role-field-{k}"
        if form.get(f"role-gone-{k}"):
            gone.setdefault(name, []).append(i)
        elif not field.strip():
            asked.wrong[f"role-field-{k}"] = "say which field, or take the line away"
        elif (kind, field) != (before[f"role-kind-{k}"], before[f"role-field-{k}"]):
            asked.set(at, _said(kind, field.strip()), f"role-field-{k}")
    added = _new_role(asked, mapping, form)
    for name, places in gone.items():
        if len(places) == len(mapping.roles[name]) and name != added:
            asked.edits.append(Edit(("roles", name), GONE))
        else:
            asked.edits += [Edit(("roles", name, i), GONE) for i in reversed(places)]
    if gone and not added and all(len(gone.get(e, ())) == len(x) for e, x in mapping.roles.items()):
        asked.edits = [each for each in asked.edits if each.path[0] != "roles"]
        asked.edits.append(Edit(("roles",), GONE))


def _new_role(asked: Asked, mapping: Mapping, form: Form) -> str:
    """A further source, of a role that there is or of a new one; the role's name."""
    name, field = form.get("role-new", "").strip(), form.get("role-new-field", "").strip()
    if not name and not field:
        return ""
    for named, text in (("role-new", name), ("role-new-field", field)):
        if not text:
            asked.wrong[named] = "a role needs a name, and a field that says who plays it"
    said = _said(form.get("role-new-kind", "property"), field)
    asked.places[render_path(("roles", name))] = "role-new"
    held = mapping.roles.get(name)
    if held is None:
        asked.edits.append(Edit(("roles", name), [said]))
    else:
        asked.edits.append(Edit(("roles", name, len(held)), said, before=True))
    return name


def _said(kind: str, field: str) -> dict[str, Any]:
    whose, _, key = kind.rpartition("-")
    return ({"association": "company"} if whose else {}) | {key: field}


async def _shown(hub: Hub, sheet: Sheet) -> dict[str, Any]:
    mapping = sheet.mapping
    desk = await reference_of(hub, mapping.helpdesk)
    shared = shared_fields(hub).get(mapping.helpdesk, frozenset())
    return {
        "choices": {e: field_choices(mapping, e, desk, shared) for e in (*READ, *SHOWN)},
        "shown_labels": SHOWN_LABELS,
        "sources": _sources(mapping),
        "kinds": KINDS,
        "desk_fields": sorted(desk.fields),
    }


STANDS = Section(
    "stands",
    lambda _mapping: [Entry("", "Where things stand on the ticket")],
    stands_asked,
    stands_given,
    _shown,
)
