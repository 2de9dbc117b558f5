"""What surrounds every page: the node's name, who is signed in, and the entries of the main navigation this viewer can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from comity import policies
from comity.domain.viewer import Viewer
from comity.http.context import Context
from comity.web import notices


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation. `action` is a capability as on routes; the entry shows to those who hold it.

    `admission` is no action of the matrix: it is for whoever has a hand in `policies/governance/membership.yaml`.
    """

    href: str
    label: str
    action: str = "public"

    def shown_to(self, viewer: Viewer) -> bool:
        """Does this viewer get any use of it?"""
        match self.action:
            case "public":
                return True
            case "signed-in":
                return viewer.signed_in
            case "admission":
                policy = policies.membership()
                return bool({*policy.checked_by, *policy.approved_by, *policy.objected_by} & viewer.roles)
            case _:
                return viewer.may(self.action)


NAVIGATION: Final = (
    Entry("/", "Home"),
    Entry("/search", "Search"),
    Entry("/work", "Work", "signed-in"),
    Entry("/alerts", "Alerts", "signed-in"),
    Entry("/organizations", "Organizations"),
    Entry("/peers", "Allies"),
    Entry("/members", "Members", "manage_members"),
    Entry("/admission", "Admission", "admission"),
    Entry("/audit", "Audit", "signed-in"),
    Entry("/transparency", "Transparency"),
)


def chrome(ctx: Context) -> dict[str, Any]:
    """The variables that `base.html` names. Without a node that is set up, only those that need none."""
    identity, here = ctx.identity, ctx.request.url.path
    data: dict[str, Any] = {
        "viewer": {
            "signed_in": identity.viewer.signed_in,
            "display_name": identity.display_name,
            "organization_name": identity.organization_name,
            "roles": role_names(identity.viewer),
        },
        "nav": [
            {
                "href": entry.href,
                "label": entry.label,
                "current": here == entry.href or here.startswith(entry.href + "/"),
            }
            for entry in NAVIGATION
            if entry.shown_to(identity.viewer)
        ],
        "nonce": ctx.nonce,
        "flash": notices.read(ctx),
        "path": here,
    }
    try:
        node = ctx.node
    except LookupError:
        return data
    return data | {"node": node}


def role_names(viewer: Viewer) -> list[str]:
    """As the policy calls them, in its order."""
    return [rule.name for role, rule in policies.roles().roles.items() if role in viewer.roles]
