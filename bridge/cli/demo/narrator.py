"""The story as it is told in the terminal: who did what where, and what came of it."""

from __future__ import annotations

from datetime import datetime

from rich.cells import set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

HELPDESK, BOARDS, HUB, MAIL = "HubSpot", "Boards", "hub", "mail"
DESK, JIRA, SENTRY, PROJECTS = "Zendesk", "Jira", "Sentry", "Rocketlane"
_STYLES = {
    HELPDESK: "bold dark_orange3",
    BOARDS: "bold dodger_blue2",
    HUB: "bold green",
    MAIL: "bold medium_purple3",
    DESK: "bold dark_cyan",
    JIRA: "bold blue",
    SENTRY: "bold magenta",
    PROJECTS: "bold gold3",
}
_WIDTH = max(map(len, _STYLES))
_LEFT = 10 + _WIDTH


class Narrator:
    """Tells what happens; a quiet console makes it silent."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def chapter(self, title: str) -> None:
        """A new part of the day."""
        self.console.print()
        self.console.print(Rule(f"[bold]{escape(title)}", align="left", style="grey50"))

    def deed(self, where: str, text: str) -> None:
        """What somebody did, at which system."""
        self._line(Text(f"{where:<{_WIDTH}}", _STYLES[where]), Text(text))

    def seen(self, text: str, seconds: float | None = None) -> None:
        """What then appeared, and after how long."""
        after = "" if seconds is None else f"  ({seconds:.1f} s)"
        self._line(
            Text(set_cell_size("  ⇢", _WIDTH), "green"), Text(text, "green") + Text(after, "grey58")
        )

    def trouble(self, text: str) -> None:
        """What goes wrong, on purpose."""
        self._line(Text(set_cell_size("  ⚡", _WIDTH), "yellow"), Text(text, "yellow"))

    def missed(self, text: str) -> None:
        """What should have happened and did not."""
        self._line(Text(set_cell_size("  ✗", _WIDTH), "bold red"), Text(text, "bold red"))

    def aside(self, text: str) -> None:
        """An explanation."""
        self.console.print(Padding(Text(text, "italic grey58"), (0, 0, 0, _LEFT)))

    def line(self, markup: str) -> None:
        """A line of markup, addresses for example, that is never wrapped."""
        self.console.print(markup, soft_wrap=True, highlight=False)

    def _line(self, mark: Text, text: Text) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        clock = Text(f"{datetime.now().astimezone():%H:%M:%S}", "grey50")
        grid.add_row(clock, mark, text)
        self.console.print(grid)
