"""Where a manifest says why something is so."""

from __future__ import annotations

from bridge.ports.manifest import Manifest


def page_of(manifest: Manifest, *names: str) -> str:
    """The page of the first of these claims that has one; AssertionError if none has."""
    found = [manifest.sources[name] for name in names if name in manifest.sources]
    assert found, f"{manifest.vendor} names no page for {' or '.join(names)}"
    return found[0]


def comes_back(manifest: Manifest) -> bool:
    """Whether a deleted record can be restored; where none can, a page says so."""
    return not manifest.sources.get("deletion_is_final", "")
