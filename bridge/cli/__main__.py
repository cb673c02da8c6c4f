"""`python -m bridge.cli`: the commands, where the script `bridge` is not on the path."""

from bridge.cli.commands import app

app(prog_name="bridge")
