"""`sign_in` in bridge.yaml: the provider by which people sign in, and what its groups may do."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from bridge.domain.access import AccessRole
from bridge.kit.oidc.addresses import safe_issuer

Claim = Annotated[str, Field(min_length=1, max_length=200)]


class SignIn(BaseModel):
    """An OpenID provider. Without one people sign in by links that work once."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=40)] = Field(
        description="What people call it; it stands on the button."
    )
    issuer: Annotated[str, AfterValidator(safe_issuer)] = Field(
        description="The issuer, to the letter as the provider's discovery document says it."
    )
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr
    scopes: Annotated[list[str], Field(min_length=1)] = Field(
        ["openid", "profile", "email"], description="What the hub asks for."
    )
    roles_claim: Claim = Field("groups", description="The claim that says who belongs to what.")
    roles: dict[str, AccessRole] = Field(
        default_factory=dict, description="A value of that claim, and the role that it gives."
    )
    otherwise: AccessRole | None = Field(
        None, description="The role of everybody else; without it they are refused."
    )
    trust_email: bool = Field(
        False, description="Take its e-mail addresses for verified where it does not say so."
    )

    @model_validator(mode="after")
    def _somebody_gets_in(self) -> SignIn:
        if not self.roles and self.otherwise is None:
            raise ValueError("nobody could sign in: name groups under roles, or give otherwise")
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid")
        if not self.client_secret.get_secret_value():
            raise ValueError("client_secret must not be empty")
        return self
