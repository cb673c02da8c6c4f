"""`sign_in` in bridge.yaml: what it takes, and each mistake in plain words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bridge.config.bridge_yaml import BridgeFile, load_bridge_yaml
from bridge.domain.access import AccessRole
from tests.unit.config.test_bridge_yaml import ENVIRONMENT, GOOD, VENDORS

SECRET = "the-providers-secret"
SIGN_IN = """\
sign_in:
  name: Acme
  issuer: https://login.acme.com/realms/acme
  client_id: ticketbridge
  client_secret: "${OIDC_SECRET}"
  roles: {Support: csm, Bridge admins: admin}
"""


def _load(text: str) -> BridgeFile | list[str]:
    environment = {**ENVIRONMENT, "OIDC_SECRET": SECRET}
    loaded = load_bridge_yaml(text, "bridge.yaml", vendors=VENDORS, environment=environment)
    return loaded if isinstance(loaded, BridgeFile) else [str(each) for each in loaded]


def test_provider_is_read_with_defaults_that_give_nobody_more_than_they_have() -> None:
    loaded = _load(GOOD + SIGN_IN)
    assert isinstance(loaded, BridgeFile)
    said = loaded.sign_in
    assert said is not None
    assert said.issuer == "https://login.acme.com/realms/acme"
    assert said.roles == {"Support": AccessRole.CSM, "Bridge admins": AccessRole.ADMIN}
    assert (said.roles_claim, said.otherwise, said.trust_email) == ("groups", None, False)
    assert said.client_secret.get_secret_value() == SECRET
    assert SECRET not in repr(loaded) + str(said)


def test_without_a_provider_there_is_none() -> None:
    loaded = _load(GOOD)
    assert isinstance(loaded, BridgeFile)
    assert loaded.sign_in is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://login", "http://login", "sign_in.issuer: must begin with https://"),
        ("https://login.acme.com", "https://a:b@login.acme.com", "without user"),
        ("/realms/acme", "/realms?x=1", "without query"),
        ("https://login.acme.com/realms/acme", "login.acme.com", "sign_in.issuer: is no address"),
        ("Support: csm", "Support: boss", 'sign_in.roles.Support: "boss" is not one of viewer'),
        ("client_id:", "client_ld:", 'sign_in.client_ld: unknown key; did you mean "client_id"?'),
        ("  roles: {Support: csm, Bridge admins: admin}\n", "", "nobody could sign in"),
        ("  roles:", "  scopes: [email]\n  roles:", "scopes must hold openid"),
        ("${OIDC_SECRET}", "${OIDC_SECRT}", "OIDC_SECRT is not set"),
        ("  roles:", "  otherwise: boss\n  roles:", 'sign_in.otherwise: "boss" is not one of'),
    ],
)
def test_mistake_is_told_where_it_stands(old: str, new: str, said: str) -> None:
    problems = _load(GOOD + SIGN_IN.replace(old, new))
    assert isinstance(problems, list)
    assert any(said in each for each in problems), problems
    assert SECRET not in "".join(problems)


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:9000", "http://[::1]:9000/x", "http://localhost"]
)
def test_provider_on_this_machine_needs_no_tls(issuer: str) -> None:
    loaded = _load(GOOD + SIGN_IN.replace("https://login.acme.com/realms/acme", issuer))
    assert isinstance(loaded, BridgeFile), loaded


def test_secret_that_stands_in_the_file_is_never_said() -> None:
    written = SIGN_IN.replace("${OIDC_SECRET}", "written-out").replace("name: Acme", "name: ''")
    problems = _load(GOOD + written.replace("csm", "written-out"))
    assert isinstance(problems, list)
    assert "written-out" not in "".join(problems)


def test_hub_without_a_provider_holds_nothing_that_proves_signatures() -> None:
    loaded = "sorted({'authlib', 'joserfc'} & set(sys.modules))"
    told = f"import bridge.main, bridge.cli, sys; print({loaded})"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
