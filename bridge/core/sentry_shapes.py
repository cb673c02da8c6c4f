"""The detector's questions under the names by which other modules have always asked them."""

from bridge.core.detector import is_signal_reference, suspicion

__all__ = ["is_signal_reference", "suspicion"]
