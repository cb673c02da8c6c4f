"""Settings of the environment: where things lie, where to listen, how to log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bridge.config.explain import explain
from bridge.config.problems import Complaint
from bridge.domain.errors import ConfigProblem

_PREFIX = "BRIDGE_"
_POSTGRES = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})
_SQLITE = frozenset({"sqlite"})
_RIGHT_DATABASE = "must be postgresql://user:password@host/name, or unset for SQLite"
_ASYNCPG_NAMES = {"sslmode": "ssl"}
"""What libpq and hosting providers write, as asyncpg's `connect` calls it."""


_FILE = re.compile(r"\$\{file:([^{}]+)\}")
"""A secret that stands in a file, as bridge.yaml writes it: what containers are given."""


def _content(found: re.Match[str]) -> str:
    try:
        return quote(Path(found.group(1)).read_text(encoding="utf-8").strip(), safe="")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"the file {found.group(1)} can't be read: {why}") from None


def _lower_case(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """The environment variables that the hub reads, each `BRIDGE_` and the name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    config: Path = Field(Path("./bridge.yaml"), description="Path of bridge.yaml.")
    mappings: Path = Field(Path("./mappings"), description="Folder of mapping files.")
    data_dir: Path = Field(
        Path("./data"), description="Folder of the embedded database, its lock and local socket."
    )
    database: SecretStr | None = Field(
        None,
        validation_alias="BRIDGE_DATABASE_URL",
        description="postgresql://user:password@host/name; without it, SQLite in the data folder.",
    )
    database_connections: int = Field(
        16,
        ge=1,
        le=200,
        description="Connections that this process opens to PostgreSQL at most; SQLite has none.",
    )
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    metrics_host: str = Field(
        "127.0.0.1", min_length=1, description="Address at which bridge worker shows its counters."
    )
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port of /metrics, /healthz and /readyz of bridge worker; 0 takes a free one. "
        "Without it a worker listens nowhere. bridge serve has them at its own port.",
    )
    admin_token: SecretStr | None = Field(
        None, description="API token with the role admin, to begin with."
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(_lower_case)
    ] = Field("info", description="The least severe log entries that are written.")
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower_case)] = Field(
        "console", description="Logs for people, or one JSON object a line."
    )
    mappings_autoactivate: bool = Field(
        False, description="Activate changed mapping files at start (configuration as code)."
    )

    @property
    def database_url(self) -> URL:
        """The database as SQLAlchemy takes it, with the driver that the hub uses."""
        if self.database is None:
            file = (self.data_dir / "bridge.sqlite3").resolve()
            return URL.create("sqlite", database=str(file))
        return _with_driver(self.database.get_secret_value())

    @field_validator("database", mode="before")
    @classmethod
    def _with_files(cls, value: Any) -> Any:
        return _FILE.sub(_content, value) if isinstance(value, str) else value

    @field_validator("database")
    @classmethod
    def _is_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _with_driver(value.get_secret_value())
        return value


def load_settings() -> Settings:
    """The settings of this process; raises `ConfigProblem` that names every wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        given = {str(each["loc"][0]): each["input"] for each in error.errors()}
        problems = tuple(_sentence(each) for each in explain(error, Settings, given))
        raise ConfigProblem("\n".join(problems), problems=problems) from None


def _sentence(complaint: Complaint) -> str:
    name = str(complaint.path[0])
    variable = name if name.startswith(_PREFIX) else f"{_PREFIX}{name.upper()}"
    hint = f"; {complaint.hint}" if complaint.hint else ""
    return f"{variable}: {complaint.message}{hint}"


def _with_driver(text: str) -> URL:
    """The URL with the asynchronous driver; its mistakes are told without the password in it."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(_RIGHT_DATABASE) from None
    if url.drivername in _SQLITE:
        return url
    if url.drivername not in _POSTGRES:
        raise ValueError(_RIGHT_DATABASE)
    query = {_ASYNCPG_NAMES.get(key, key): value for key, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)
