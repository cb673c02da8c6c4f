"""Where each resource lies, in the form in which official clients ask for it (OPTIONS _apis)."""

from __future__ import annotations

from typing import Any

_LOCATIONS: tuple[tuple[str, str, str, str, int], ...] = (
    (
        "62d3d110-0047-428c-ad3c-4fe872c91c74",
        "wit",
        "workItems",
        "{project}/_apis/{area}/{resource}/${type}",
        3,
    ),
    (
        "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b",
        "wit",
        "workItems",
        "{project}/_apis/{area}/{resource}/{id}",
        3,
    ),
    (
        "608aac0a-32e1-4493-a863-b9cf4566d257",
        "wit",
        "comments",
        "{project}/_apis/{area}/workItems/{workItemId}/{resource}/{commentId}",
        4,
    ),
    (
        "49e03b34-3be0-42e3-8a5d-e8dfb88ac954",
        "wit",
        "versions",
        "{project}/_apis/{area}/workItems/{workItemId}/comments/{commentId}/{resource}/{version}",
        1,
    ),
    (
        "1a9c53f7-f243-4447-b110-35ef023636e4",
        "wit",
        "wiql",
        "{project}/{team}/_apis/{area}/{resource}",
        2,
    ),
    (
        "908509b6-4248-4475-a1cd-829139ba419f",
        "wit",
        "workItemsBatch",
        "{project}/_apis/{area}/{resource}",
        1,
    ),
    (
        "f828fe59-dd87-495d-a17c-7a8d6211ca6c",
        "wit",
        "workItemRevisions",
        "{project}/_apis/{area}/reporting/{resource}",
        2,
    ),
    (
        "e07b5fa4-1499-494d-a496-64b860fd64ff",
        "wit",
        "attachments",
        "{project}/_apis/{area}/{resource}/{id}",
        3,
    ),
    (
        "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "wit",
        "workItemTypeStates",
        "{project}/_apis/{area}/workItemTypes/{type}/states",
        1,
    ),
    (
        "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "wit",
        "workItemTypes",
        "{project}/_apis/{area}/{resource}/{type}",
        2,
    ),
    (
        "bd293ce5-3d25-4192-8e67-e8092e879efb",
        "wit",
        "fields",
        "{project}/_apis/{area}/workItemTypes/{type}/{resource}/{field}",
        3,
    ),
    (
        "b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94",
        "wit",
        "fields",
        "{project}/_apis/{area}/{resource}/{fieldNameOrRefName}",
        3,
    ),
    (
        "5a172953-1b41-49d3-840a-33f79c3ce89f",
        "wit",
        "classificationNodes",
        "{project}/_apis/{area}/{resource}/{structureGroup}/{*path}",
        2,
    ),
    (
        "a70579d1-f53a-48ee-a5be-7be8659023b9",
        "wit",
        "classificationNodes",
        "{project}/_apis/{area}/{resource}",
        2,
    ),
    (
        "bc15bc60-e7a8-43cb-ab01-2106be3983a1",
        "wit",
        "tags",
        "{project}/_apis/{area}/{resource}/{tagIdOrName}",
        1,
    ),
    (
        "f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165",
        "wit",
        "workItemRelationTypes",
        "_apis/{area}/{resource}/{relation}",
        2,
    ),
    (
        "b70d8d39-926c-465e-b927-b1bf0e5ca0e0",
        "wit",
        "recycleBin",
        "{project}/_apis/{area}/{resource}/{id}",
        2,
    ),
    (
        "fc50d02a-849f-41fb-8af1-0a5216103269",
        "hooks",
        "subscriptions",
        "_apis/{area}/{resource}/{subscriptionId}",
        1,
    ),
    (
        "c7c3c1cf-9e05-4c0d-a425-a0f922c2c6ed",
        "hooks",
        "subscriptionsQuery",
        "_apis/{area}/{resource}",
        1,
    ),
    (
        "0c62d343-21b0-4732-997b-017fde84dc28",
        "hooks",
        "notifications",
        "_apis/{area}/subscriptions/{subscriptionId}/{resource}/{notificationId}",
        1,
    ),
    (
        "1139462c-7e27-4524-a997-31b9b73551fe",
        "hooks",
        "testNotifications",
        "_apis/{area}/{resource}",
        1,
    ),
    (
        "e81700f7-3be2-46de-8624-2eb35882fcaa",
        "Location",
        "ResourceAreas",
        "_apis/{resource}/{areaId}",
        1,
    ),
    (
        "00d9565f-ed9c-4a06-9a50-00e7896ccab4",
        "Location",
        "ConnectionData",
        "_apis/{resource}",
        1,
    ),
)


def resource_locations(area: str | None = None) -> list[dict[str, Any]]:
    """The ApiResourceLocations of one area, or of all."""
    return [
        {
            "id": identifier,
            "area": of_area,
            "resourceName": name,
            "routeTemplate": template,
            "resourceVersion": version,
            "minVersion": 1.0,
            "maxVersion": 7.2,
            "releasedVersion": "7.1",
        }
        for identifier, of_area, name, template, version in _LOCATIONS
        if area is None or of_area.casefold() == area.casefold()
    ]
