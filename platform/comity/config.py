"""Settings of one node and the places of its files. Read by every floor; knows nothing of any of them.

Every setting is an environment variable `COMITY_<NAME>` or a line in `.env`, and is documented in `docs/settings.md`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from comity.domain.reach import Network, networks

ROOT: Final = Path(__file__).resolve().parents[2]
TEMPLATES: Final = ROOT / "templates"
STATIC: Final = ROOT / "static"
POLICIES: Final = ROOT / "policies"
MIGRATIONS: Final = ROOT / "migrations"


class Settings(BaseSettings):
    """One node. Nothing here has a secret default."""

    model_config = SettingsConfigDict(env_prefix="COMITY_", env_file=".env", extra="ignore")

    database_url: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'comity.db'}", description="SQLite or PostgreSQL address."
    )
    data_dir: Path = Field(
        default=ROOT / "var", description="Where attachments and import journals are kept."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8400", description="The address under which people reach the node."
    )
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=8400, description="Port the server listens on.")
    threads: int = Field(
        default=16, ge=1, le=200, description="Worker threads; the database pool has the same size."
    )
    session_hours: int = Field(
        default=12, ge=1, le=72, description="A sign-in ends after this long in any case."
    )
    session_idle_minutes: int = Field(
        default=60, ge=5, le=720, description="A sign-in ends after this long unused."
    )
    smtp_url: str = Field(
        default="", description="`smtp://host:port` or `smtps://…`; empty keeps alerts in the portal only."
    )
    smtp_password: SecretStr = Field(
        default=SecretStr(""), description="Password for the mail server, with the user in the address."
    )
    key_passphrase: SecretStr = Field(
        default=SecretStr(""),
        description="Encrypts the node's private signing key in the database; keep it where no backup of the database goes.",
    )
    mail_from: str = Field(default="comity@localhost", description="Sender of alert mails.")
    attachment_scanner: str = Field(
        default="", description="Command that is given a file and exits non-zero for malware."
    )
    max_body_bytes: int = Field(
        default=2_000_000, ge=10_000, description="Largest request body outside attachments."
    )
    max_attachment_bytes: int = Field(default=25_000_000, ge=10_000, description="Largest attachment.")
    outbound_allow: str = Field(
        default="",
        description="Networks in CIDR, separated by commas, that are not public and may be called all the same, also without TLS: "
        "allied nodes inside a private network. Empty: only public addresses, over TLS.",
    )
    log_json: bool = Field(default=False, description="Structured JSON logs instead of readable lines.")

    @field_validator("outbound_allow")
    @classmethod
    def _in_cidr(cls, text: str) -> str:
        networks(text)
        return text

    @property
    def outbound_networks(self) -> tuple[Network, ...]:
        """Networks that may be called although they are not public."""
        return networks(self.outbound_allow)

    @property
    def secure_cookies(self) -> bool:
        """Cookies carry `Secure` and the `__Host-` prefix whenever people reach the node over TLS."""
        return self.public_url.startswith("https://")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
