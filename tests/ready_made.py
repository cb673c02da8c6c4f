"""The ready-made mappings of other processes, each loaded against the bridge.yaml beside it."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.config.bridge_yaml import BridgeFile, load_bridge_yaml
from bridge.config.mapping_files import LoadedMapping, MappingContext, load_mapping
from bridge.config.problems import Problem
from bridge.domain.mapping import Mapping
from connectors.registry import CONNECTORS

FOLDER = Path(__file__).resolve().parents[1] / "mappings"
_MORE = FOLDER / "more"
NAMES = tuple(
    each.stem for each in sorted(_MORE.glob("*.yaml")) if not each.stem.endswith(".bridge")
)
_ADDRESS = "https://x.logic.azure.com/workflows/1?sig=secret"


def bridge_text(name: str) -> str:
    """The bridge.yaml that goes with the mapping."""
    return (_MORE / f"{name}.bridge.yaml").read_text("utf-8")


def text(name: str) -> str:
    """The mapping's file."""
    return (_MORE / f"{name}.yaml").read_text("utf-8")


def known(bridge: str) -> MappingContext:
    """What a mapping may name beside this bridge.yaml, whatever secrets it asks for."""
    secrets = {each: f"secret-{each}" for each in re.findall(r"\$\{([A-Z_]+)\}", bridge)}
    loaded = load_bridge_yaml(
        bridge,
        "bridge.yaml",
        vendors={vendor: each.settings_model for vendor, each in CONNECTORS.items()},
        environment=secrets | {"TEAMS_INTERNAL_URL": _ADDRESS},
    )
    assert isinstance(loaded, BridgeFile), loaded
    manifests = [each.manifest for each in CONNECTORS.values()]
    return MappingContext.of(loaded.connections, manifests, loaded.people)


def load(name: str, bridge: str | None = None) -> LoadedMapping | list[Problem]:
    """The mapping beside its own bridge.yaml or another; or what is wrong with it."""
    return load_mapping(text(name), f"{name}.yaml", known=known(bridge or bridge_text(name)))


def mapping_of(name: str) -> Mapping:
    """The mapping, which must be without a mistake."""
    loaded = load(name)
    assert isinstance(loaded, LoadedMapping), [str(each) for each in loaded]
    return loaded.mapping
