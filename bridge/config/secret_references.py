"""Secrets in bridge.yaml: `${NAME}` from the environment, `${file:/path}` from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path as FilePath

from bridge.config.problems import Complaint, Path
from bridge.config.yaml_lines import Plain

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILE = "file:"
_MAX_FILE_BYTES = 64 * 1024
HIDDEN = "•••"


@dataclass(slots=True)
class SecretReferences:
    """Puts secrets in place of their references and remembers them, to keep them unsaid."""

    environment: Mapping[str, str]
    complaints: list[Complaint] = field(default_factory=list)
    _values: set[str] = field(default_factory=set, repr=False)

    def resolve_all(self, data: dict[str, Plain]) -> dict[str, Plain]:
        """The data with every reference in its texts replaced; `$${` stands for `${`."""
        return {key: self._resolve(value, (key,)) for key, value in data.items()}

    def _resolve(self, value: Plain, path: Path) -> Plain:
        if isinstance(value, dict):
            return {key: self._resolve(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self._resolve(each, (*path, index)) for index, each in enumerate(value)]
        if isinstance(value, str):
            return _REFERENCE.sub(lambda found: self._replace(found, path), value)
        return value

    def hide(self, text: str) -> str:
        """The text with every secret that was put in taken out again."""
        for secret in sorted(self._values, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def remember(self, secret: str) -> None:
        """Keep this unsaid as well: a secret that stands in the file itself."""
        if secret:
            self._values.add(secret)

    def _replace(self, found: re.Match[str], path: Path) -> str:
        name, closing = found.groups()
        if name is None:
            return "${"
        if not closing:
            self._complain(path, "a ${ is not closed", "write $${ for a plain ${")
            return found.group()
        secret = self._from_file(name, path) if name.startswith(_FILE) else self._named(name, path)
        if secret is None:
            return found.group()
        self.remember(secret)
        return secret

    def _named(self, name: str, path: Path) -> str | None:
        if not _NAME.fullmatch(name):
            self._complain(path, "${…} must hold NAME or file:/path", "write $${ for a plain ${")
            return None
        secret = self.environment.get(name)
        if secret:
            return secret
        state = "is not set" if secret is None else "is empty"
        close = get_close_matches(name, self.environment, n=1, cutoff=0.8)
        hint = f'did you mean "{close[0]}"?' if close and secret is None else ""
        self._complain(path, f"the environment variable {name} {state}", hint)
        return None

    def _from_file(self, name: str, path: Path) -> str | None:
        file = name.removeprefix(_FILE)
        try:
            with FilePath(file).open("rb") as opened:
                content = opened.read(_MAX_FILE_BYTES + 1)
            if len(content) > _MAX_FILE_BYTES:
                self._complain(path, f"the file {file} is too large for a secret")
                return None
            secret = content.decode().rstrip("\r\n")
        except OSError as error:
            self._complain(path, f"the file {file} can't be read: {error.strerror}")
            return None
        except ValueError:
            self._complain(path, f"the file {file} is not UTF-8 text")
            return None
        if not secret:
            self._complain(path, f"the file {file} is empty")
        return secret or None

    def _complain(self, path: Path, message: str, hint: str = "") -> None:
        self.complaints.append(Complaint(path, message, hint))
