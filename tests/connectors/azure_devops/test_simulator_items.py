"""Work items: patches, rules, reading, recycle bin."""

from __future__ import annotations

import pytest

from connectors.azure_devops.simulator import AzureDevOpsSimulator, VendorError
from tests.connectors.azure_devops.simulator_kit import Clock, client_of, make, ops, patch

WIT = "_apis/wit/workitems"


async def test_create_and_read_gives_defaults_and_identity_objects() -> None:
    sim = AzureDevOpsSimulator(clock=Clock())
    async with client_of(sim) as client:
        made = await make(client)
        read = (await client.get(f"{WIT}/{made['id']}")).json()
    assert made["rev"] == 1
    assert read["fields"]["Microsoft.VSTS.Common.Priority"] == 2
    assert read["fields"]["System.State"] == "New"
    assert read["fields"]["System.CreatedBy"]["uniqueName"] == "hub@acme.example"
    assert read["fields"]["System.CreatedDate"] == "2026-03-02T09:00:00Z"


@pytest.mark.parametrize("path", ["$User%20Story", "%24User%20Story", "$user story"])
async def test_type_literal_or_encoded_and_any_case_is_found(path: str) -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        answer = await patch(client, f"platform/_APIS/WIT/WorkItems/{path}", ops(Title="T"), "POST")
    assert answer.status_code == 200
    assert answer.json()["fields"]["System.WorkItemType"] == "User Story"


async def test_json_instead_of_json_patch_is_refused() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        answer = await client.post("Platform/_apis/wit/workitems/$Bug", json=ops(Title="T"))
    assert answer.status_code == 415
    assert not sim.items


async def test_test_of_an_old_revision_is_412_and_changes_nothing() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        sim.person_edits(made["id"], {"System.Title": "by a person"})
        stale = [{"op": "test", "path": "/rev", "value": 1}, *ops(Title="mine")]
        answer = await patch(client, f"{WIT}/{made['id']}", stale)
    assert answer.status_code == 412
    assert answer.json()["typeKey"] == "TestPatchOperationFailedException"
    assert answer.json()["message"].startswith("VS403351")
    assert sim.items[1].title == "by a person"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("Custom.Nowhere", "x", "TF51535"),
        ("System.State", "Doing", "State"),
        ("Microsoft.VSTS.Common.Priority", 5, "TF401320"),
        ("Microsoft.VSTS.Common.Severity", "High", "TF401320"),
        ("System.AssignedTo", "nobody@nowhere.example", "unknown identity"),
        ("System.CreatedBy", "hub@acme.example", "ReadOnly"),
        ("System.IterationPath", "Platform\\Nowhere", "TF401347"),
        ("System.Title", "", "Required"),
        ("Microsoft.VSTS.Common.Priority", "high", "InvalidType"),
    ],
)
async def test_a_value_the_rules_refuse_is_400_and_the_whole_patch_fails(
    field: str, value: object, says: str
) -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        bad = [*ops(Description="d"), {"op": "add", "path": f"/fields/{field}", "value": value}]
        answer = await patch(client, f"{WIT}/{made['id']}", bad)
    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert answer.json()["$id"] == "1"
    assert "System.Description" not in sim.items[1].fields
    assert sim.items[1].rev == 1


async def test_tags_add_merges_and_replace_overwrites() -> None:
    sim = AzureDevOpsSimulator()
    path = "/fields/System.Tags"
    async with client_of(sim) as client:
        made = await make(client)
        url = f"{WIT}/{made['id']}"
        await patch(client, url, [{"op": "add", "path": path, "value": "hub; Beta"}])
        merged = await patch(client, url, [{"op": "add", "path": path, "value": "HUB; alpha"}])
        over = await patch(client, url, [{"op": "replace", "path": path, "value": "alpha"}])
    assert merged.json()["fields"]["System.Tags"] == "alpha; Beta; hub"
    assert over.json()["fields"]["System.Tags"] == "alpha"


@pytest.mark.parametrize(
    "value",
    ["Ana Dev <ana@acme.example>", "ana@acme.example", "Ana Dev", {"displayName": "Ana Dev"}],
)
async def test_every_form_of_an_identity_is_accepted_and_blank_clears(value: object) -> None:
    sim = AzureDevOpsSimulator()
    sim.add_user("Ana Dev", "ana@acme.example")
    async with client_of(sim) as client:
        made = await make(client)
        set_ = await patch(client, f"{WIT}/{made['id']}", ops(AssignedTo=value))
        cleared = await patch(client, f"{WIT}/{made['id']}", ops(AssignedTo=""))
    assert set_.json()["fields"]["System.AssignedTo"]["uniqueName"] == "ana@acme.example"
    assert "System.AssignedTo" not in cleared.json()["fields"]


async def test_an_ambiguous_display_name_is_refused() -> None:
    sim = AzureDevOpsSimulator()
    sim.add_user("Ana Dev", "ana@acme.example")
    sim.add_user("Ana Dev", "ana2@acme.example")
    async with client_of(sim) as client:
        made = await make(client)
        answer = await patch(client, f"{WIT}/{made['id']}", ops(AssignedTo="Ana Dev"))
    assert answer.status_code == 400
    assert "ambiguous" in answer.json()["message"]


async def test_relations_are_added_commented_and_removed() -> None:
    sim = AzureDevOpsSimulator()
    link = {"rel": "Hyperlink", "url": "https://desk.example/1", "attributes": {"comment": "a"}}
    async with client_of(sim) as client:
        made = await make(client)
        url = f"{WIT}/{made['id']}"
        await patch(client, url, [{"op": "add", "path": "/relations/-", "value": link}])
        where = "/relations/0/attributes/comment"
        await patch(client, url, [{"op": "replace", "path": where, "value": "b"}])
        plain = (await client.get(url)).json()
        seen = (await client.get(url, params={"$expand": "relations"})).json()["relations"]
        updates = (await client.get(f"{url}/updates")).json()["value"]
        gone = await patch(client, url, [{"op": "remove", "path": "/relations/0"}])
        beyond = await patch(client, url, [{"op": "remove", "path": "/relations/0"}])
    assert "relations" not in plain
    assert seen[0]["attributes"]["comment"] == "b"
    assert [sorted(u.get("relations", {})) for u in updates] == [[], ["added"], ["updated"]]
    assert "relations" not in gone.json()
    assert beyond.status_code == 400


async def test_a_link_shows_at_its_other_end_without_a_revision() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        child, parent, second = await make(client), await make(client), await make(client)

        def parents(item: dict[str, object]) -> list[dict[str, object]]:
            value = {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": item["url"]}
            return [{"op": "add", "path": "/relations/-", "value": value}]

        await patch(client, f"{WIT}/{child['id']}", parents(parent))
        refused = await patch(client, f"{WIT}/{child['id']}", parents(second))
    other = sim.items[parent["id"]]
    assert other.relations[0].rel == "System.LinkTypes.Hierarchy-Forward"
    assert (other.rev, len(other.updates)) == (1, 2)
    assert sim.items[child["id"]].fields["System.Parent"] == parent["id"]
    assert refused.status_code == 400


async def test_limits_of_links_and_attachments() -> None:
    sim = AzureDevOpsSimulator()

    def links(count: int) -> list[dict[str, object]]:
        one = {"rel": "Hyperlink", "url": "https://desk.example/1"}
        return [{"op": "add", "path": "/relations/-", "value": one} for _ in range(count)]

    async with client_of(sim) as client:
        made = await make(client)
        full = await patch(client, f"{WIT}/{made['id']}", links(1000))
        over = await patch(client, f"{WIT}/{made['id']}", links(1))
        file = (await client.post("_apis/wit/attachments?fileName=a.txt", content=b"x")).json()
        other = await make(client)
        value = {"rel": "AttachedFile", "url": file["url"]}
        many = [{"op": "add", "path": "/relations/-", "value": value}] * 101
        files = await patch(client, f"{WIT}/{other['id']}", many)
    assert (full.status_code, over.status_code, files.status_code) == (200, 400, 400)
    assert not sim.items[other["id"]].relations


async def test_the_ten_thousandth_revision_is_the_last_by_rest() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        sim.items[1].rev = 10_000
        answer = await patch(client, f"{WIT}/{made['id']}", ops(Title="more"))
    assert answer.status_code == 400


async def test_markdown_is_told_and_can_not_be_taken_back() -> None:
    sim = AzureDevOpsSimulator()
    where = "/multilineFieldsFormat/System.Description"
    async with client_of(sim) as client:
        made = await make(client)
        url = f"{WIT}/{made['id']}"
        marked = [*ops(Description="**x**"), {"op": "add", "path": where, "value": "Markdown"}]
        answer = await patch(client, url, marked)
        back = await patch(client, url, [{"op": "add", "path": where, "value": "Html"}])
    assert "multilineFieldsFormat" not in made
    assert answer.json()["multilineFieldsFormat"] == {"System.Description": "markdown"}
    assert back.status_code == 400


async def test_html_comes_back_rewritten_once() -> None:
    sim = AzureDevOpsSimulator()
    sim.rewrite_html = True
    sent = "<p>a &#39;b&#39;<br/></p> <script>x()</script><p>c</p>"
    async with client_of(sim) as client:
        made = await make(client)
        url = f"{WIT}/{made['id']}"
        first = (await patch(client, url, ops(Description=sent))).json()["fields"]
        kept = first["System.Description"]
        again = (await patch(client, url, ops(Description=kept))).json()["fields"]
    assert kept != sent
    assert "<script" not in kept
    assert again["System.Description"] == kept


async def test_validate_only_shows_the_result_and_keeps_nothing() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        url = f"{WIT}/{made['id']}?validateOnly=true"
        answer = await patch(client, url, ops(Title="would be"))
    assert (answer.json()["rev"], answer.json()["fields"]["System.Title"]) == (1, "would be")
    assert sim.items[1].title == "T"


async def test_bypass_rules_writes_what_rules_refuse() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        url = f"{WIT}/{made['id']}?bypassRules=true"
        answer = await patch(client, url, ops(AssignedTo="Invalid Value"))
    assert answer.json()["fields"]["System.AssignedTo"] == "Invalid Value"


async def test_fields_together_with_expand_is_refused() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        both = {"fields": "System.Id", "$expand": "relations"}
        answer = await client.get(f"{WIT}/{made['id']}", params=both)
        some = await client.get(f"{WIT}/{made['id']}", params={"fields": "System.Id,System.Rev"})
    assert answer.status_code == 400
    assert some.json()["fields"] == {"System.Id": 1, "System.Rev": 1}


async def test_batch_takes_200_and_omits_with_null_or_fails_whole() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        await make(client)
        url = "_apis/wit/workitemsbatch"
        omit = await client.post(url, json={"ids": [1, 99], "errorPolicy": "omit"})
        fail = await client.post(url, json={"ids": [1, 99]})
        many = await client.post(url, json={"ids": list(range(1, 202)), "errorPolicy": "omit"})
    assert [item and item["id"] for item in omit.json()["value"]] == [1, None]
    assert fail.status_code == 404
    assert many.status_code == 400


async def test_write_batch_answers_each_part_on_its_own() -> None:
    sim = AzureDevOpsSimulator()
    parts = [
        {"method": "PATCH", "uri": "/Platform/_apis/wit/workitems/$User%20Story", "body": body}
        for body in (ops(Title="one"), ops(Title=""))
    ]
    async with client_of(sim) as client:
        answer = await client.patch("_apis/wit/$batch", json=parts)
    assert [part["code"] for part in answer.json()["value"]] == [200, 400]
    assert len(sim.items) == 1


async def test_a_deleted_item_is_404_until_restored_and_never_after_destroy() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        url, bin_ = f"{WIT}/{made['id']}", f"_apis/wit/recyclebin/{made['id']}"
        deleted = await client.delete(url)
        missing = await client.get(url)
        listed = await client.get("Platform/_apis/wit/recyclebin")
        await client.patch(bin_, json={"isDeleted": False})
        back = await client.get(url)
        await client.delete(url)
        destroyed = await client.delete(bin_)
        gone = await client.get(bin_)
    assert "/recyclebin/" in deleted.json()["url"]
    assert missing.status_code == 404
    assert missing.json()["message"].startswith("TF401232")
    assert [entry["id"] for entry in listed.json()["value"]] == [1]
    assert (back.status_code, back.json()["rev"]) == (200, 3)
    assert (destroyed.status_code, gone.status_code) == (204, 404)


async def test_an_item_moved_to_another_project_keeps_its_id_and_leaves_the_old_one() -> None:
    sim = AzureDevOpsSimulator(projects=("Platform", "Mobile"))
    number = sim.person_creates("Bug", "T")
    sim.person_moves_project(number, "Mobile")
    async with client_of(sim) as client:
        old = await client.get(f"Platform/{WIT}/{number}")
        new = await client.get(f"{WIT}/{number}")
    assert old.status_code == 404
    assert new.json()["fields"]["System.TeamProject"] == "Mobile"
    assert "/Mobile/_workitems/edit/1" in new.json()["_links"]["html"]["href"]


async def test_as_of_and_revisions_show_the_past() -> None:
    clock = Clock()
    sim = AzureDevOpsSimulator(clock=clock)
    number = sim.person_creates("Bug", "first")
    clock.forward(hours=1)
    sim.person_edits(number, {"System.Title": "second"})
    async with client_of(sim) as client:
        past = await client.get(f"{WIT}/1", params={"asOf": "2026-03-02T09:30:00Z"})
        revisions = (await client.get(f"{WIT}/1/revisions")).json()["value"]
    assert past.json()["fields"]["System.Title"] == "first"
    assert [r["fields"]["System.Title"] for r in revisions] == ["first", "second"]


async def test_a_clone_carries_tags_and_hyperlink_comments_but_another_author() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        made = await make(client)
        await patch(client, f"{WIT}/{made['id']}", ops(Tags="hub"))
    sim.person_adds_hyperlink(made["id"], "https://desk.example/1", "hub:zendesk:1")
    clone = sim.items[int(sim.person_clones(made["id"]))]
    assert clone.tags == ["hub"]
    assert clone.relations[0].comment == "hub:zendesk:1"
    assert clone.fields["System.CreatedBy"].unique_name == "ana@acme.example"


def test_a_person_meets_the_same_rules() -> None:
    sim = AzureDevOpsSimulator(process="Basic")
    with pytest.raises(VendorError, match="does not exist"):
        sim.person_creates("Bug", "no such type in Basic")


async def test_addresses_follow_the_base_url() -> None:
    sim = AzureDevOpsSimulator()
    sim.base_url = "http://127.0.0.1:8099"
    async with client_of(sim) as client:
        made = await make(client)
    assert made["url"].startswith("http://127.0.0.1:8099/acme/")
    page = "http://127.0.0.1:8099/acme/Platform/_workitems/edit/1"
    assert made["_links"]["html"]["href"] == page
