"""Teams behind its workflows: what is posted, what each run made of it, what people would see."""

from connectors.teams.simulator.cards import complaints
from connectors.teams.simulator.simulator import Run, TeamsSimulator, Workflow

__all__ = ["Run", "TeamsSimulator", "Workflow", "complaints"]
