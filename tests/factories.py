"""A small world for tests: one node, organizations of four sectors, and an account for every role. All names are invented.

Accounts have no password: hashing is slow on purpose. `World.viewer` is what a browser session with a second factor would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from comity.domain.account import Account, AccountState
from comity.domain.node import Node, Organization
from comity.domain.roles import Role, Sector
from comity.domain.viewer import Viewer
from comity.search import schema
from comity.services.unit import Unit
from comity.storage import collections, organizations, people, role_grants
from comity.storage.engine import open_engine, open_session
from comity.storage.tables import metadata

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning. Tests hand in their own time; nothing here reads a clock."""

NODE: Final = Node(
    node_id="nordmark",
    name="Nordmark Research Security Exchange",
    country="NO",
    languages=("en", "nb"),
    trust_group="fjord",
    legal_profile={
        "jurisdiction": "NO",
        "data_protection": {"regime": "GDPR", "authority": "Datatilsynet"},
        "disclosure_law": {"applies_to_operator": True, "accepts_amber_from_peers": True},
        "defamation": {"standard": "A statement of fact must be true.", "prior_notice_advised": True},
        "retention_months": {"records": 120, "assessments": 60, "submissions": 24, "audit": 84},
        "reviewed_on": "2026-01-05",
        "review_due": "2027-01-05",
    },
    contact="desk@example.org",
    demo=True,
)

_G, _A, _I, _C = Sector.GOVERNMENT, Sector.ACADEMIA, Sector.INDUSTRY, Sector.CIVIL_SOCIETY


def _member(id_: str, name: str, sector: Sector) -> Organization:
    return Organization(id=id_, name=name, kind="member", sector=sector, state="verified", country="NO")


def _office(id_: str, name: str, kind: str) -> Organization:
    return Organization(id=id_, name=name, kind=kind, sector=None, state="verified", country="NO")


ORGANIZATIONS: Final[tuple[Organization, ...]] = (
    _member("gov-security-office", "Office for Protective Security", _G),
    _member("gov-science-ministry", "Ministry of Science", _G),
    _member("uni-north", "University of the North", _A),
    _member("uni-south", "University of the South", _A),
    _member("firm-optics", "Fjordlys Optics", _I),
    _member("firm-batteries", "Polar Batteries", _I),
    _member("ngo-rights", "Open Science Rights Watch", _C),
    _member("ngo-freedom", "Academic Freedom Forum", _C),
    _office("secretariat", "Secretariat", "secretariat"),
    _office("operator", "Node Operator", "operator"),
    _office("ombuds-office", "Independent Ombuds Office", "independent"),
)

PEOPLE: Final[dict[str, tuple[str, tuple[Role, ...]]]] = {
    "reader": ("ngo-rights", (Role.READER,)),
    "researcher": ("uni-north", (Role.RESEARCHER,)),
    "researcher_south": ("uni-south", (Role.RESEARCHER,)),
    "security_officer": ("uni-north", (Role.RESEARCH_SECURITY_OFFICER,)),
    "organization_admin": ("uni-north", (Role.ORGANIZATION_ADMIN,)),
    "organization_admin_south": ("uni-south", (Role.ORGANIZATION_ADMIN,)),
    "contributor": ("firm-optics", (Role.CONTRIBUTOR,)),
    "contributor_ngo": ("ngo-rights", (Role.CONTRIBUTOR,)),
    "liaison": ("gov-security-office", (Role.GOVERNMENT_LIAISON,)),
    "reviewer_gov": ("gov-science-ministry", (Role.REVIEWER,)),
    "reviewer_uni": ("uni-south", (Role.REVIEWER,)),
    "reviewer_firm": ("firm-batteries", (Role.REVIEWER,)),
    "reviewer_ngo": ("ngo-freedom", (Role.REVIEWER,)),
    "editor": ("secretariat", (Role.EDITOR,)),
    "intake_officer": ("secretariat", (Role.INTAKE_OFFICER,)),
    "data_protection_officer": ("secretariat", (Role.DATA_PROTECTION_OFFICER,)),
    "federation_officer": ("secretariat", (Role.FEDERATION_OFFICER,)),
    "ombudsperson": ("ombuds-office", (Role.OMBUDSPERSON,)),
    "auditor": ("ombuds-office", (Role.AUDITOR,)),
    "council_gov": ("gov-science-ministry", (Role.COUNCIL_MEMBER,)),
    "council_uni": ("uni-south", (Role.COUNCIL_MEMBER,)),
    "council_firm": ("firm-batteries", (Role.COUNCIL_MEMBER,)),
    "council_ngo": ("ngo-freedom", (Role.COUNCIL_MEMBER,)),
    "node_admin": ("operator", (Role.NODE_ADMIN,)),
}
"""Who -> organization and roles. A person's id is `person-<who>` with dashes, the e-mail `<who>@<organization>.example.org`."""


def person_id(who: str) -> str:
    """The account id of one of `PEOPLE`."""
    return f"person-{who.replace('_', '-')}"


def make_database(path_or_url: Path | str) -> sa.Engine:
    """An engine on a new, empty database with every table: a file path for SQLite, or a URL."""
    url = f"sqlite:///{path_or_url}" if isinstance(path_or_url, Path) else path_or_url
    engine = open_engine(url, pool_size=4)
    with engine.begin() as connection:
        metadata.create_all(connection)
        schema.create(connection)
    return engine


def make_account(who: str, organization: str, *, now: datetime = NOW) -> Account:
    """An active account without secrets."""
    email = f"{who}@{organization}.example.org"
    name = who.replace("_", " ").title()
    return Account(
        id=person_id(who),
        email=email,
        name=name,
        organization=organization,
        state=AccountState.ACTIVE,
        created_at=now,
    )


@dataclass(frozen=True)
class World:
    """The node as it was put into a database. Frozen facts: nothing is read back when a test changes a row."""

    node: Node = NODE
    organizations: tuple[Organization, ...] = ORGANIZATIONS
    people: dict[str, tuple[str, tuple[Role, ...]]] = field(default_factory=lambda: dict(PEOPLE))

    def put(self, engine: sa.Engine, *, now: datetime = NOW) -> World:
        """Write the world into an empty database; returns itself."""
        with open_session(engine, writes=True) as db, db.begin():
            people.save_node(db, self.node, now=now)
            collections.ensure(db, self.node.node_id, now)
            for organization in self.organizations:
                organizations.add(db, organization, now=now)
            for who, (organization_id, roles) in self.people.items():
                people.add_account(db, make_account(who, organization_id, now=now))
                for role in roles:
                    role_grants.add(db, person_id(who), role, by="system", now=now)
        return self

    def organization(self, organization_id: str) -> Organization:
        """One of the organizations, by id."""
        return next(item for item in self.organizations if item.id == organization_id)

    def viewer(self, who: str, *, second_factor: bool = True) -> Viewer:
        """The viewer that `who` is: `public`, `system`, or one of `PEOPLE`. Needs no database."""
        from comity import policies

        if who == "system":
            return Viewer.system(self.node.node_id, "test")
        if who == "public":
            return Viewer.public(self.node.node_id, policies.roles().powers("public"))
        organization_id, roles = self.people[who]
        home = self.organization(organization_id)
        return Viewer(
            node=self.node.node_id,
            person=person_id(who),
            organization=home.id,
            sector=home.sector,
            roles=frozenset(roles),
            groups=frozenset({self.node.trust_group}),
            client_of=frozenset(home.client_of),
            powers=policies.roles().powers("public", *roles),
            second_factor=second_factor,
        )

    @contextmanager
    def unit(
        self,
        engine: sa.Engine,
        who: str | Viewer,
        *,
        now: datetime = NOW,
        writes: bool = True,
        second_factor: bool = True,
    ) -> Iterator[Unit]:
        """A unit of work as `who`: committed at the end, rolled back when the block raises."""
        viewer = who if isinstance(who, Viewer) else self.viewer(who, second_factor=second_factor)
        with open_session(engine, writes=writes) as db:
            yield Unit(db=db, viewer=viewer, now=now)
            db.commit()

    def client_of(self, organization_id: str, provider: str) -> World:
        """The same world in which `organization_id` is a registered client of `provider` (before `put`)."""
        changed = (
            replace(item, client_of=(*item.client_of, provider)) if item.id == organization_id else item
            for item in self.organizations
        )
        return replace(self, organizations=tuple(changed))


def make_world(path_or_url: Path | str) -> tuple[sa.Engine, World]:
    """A new database with the world in it."""
    engine = make_database(path_or_url)
    return engine, World().put(engine)
