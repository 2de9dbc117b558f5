"""What the handling block is called on its form: names, labels and hints, in the order of the page. Decides nothing."""

from __future__ import annotations

from typing import Final

MARKING: Final = "The Traffic Light Protocol says how far it may go."

AUDIENCE: Final = (
    ("audience.sectors", "choices", "Only these sectors", "Nothing ticked: every sector."),
    ("audience.roles", "choices", "Only these roles", "Nothing ticked: every role."),
    (
        "audience.organizations",
        "choices",
        "Only these organizations",
        "For AMBER and stricter: the recipients beside your own organization.",
    ),
    (
        "audience.persons",
        "lines",
        "Only these people",
        "E-mail addresses, one a line. TLP:RED is for named people and needs them.",
    ),
)

CONDITIONS: Final = (
    (
        "releasable_to",
        "choices",
        "May be released to",
        "Nothing ticked: this node only. CLEAR goes anywhere, GREEN to the trust group.",
    ),
    (
        "orcon",
        "check",
        "Originator control (ORCON)",
        "Onward use, extract or summary needs the originator’s yes.",
    ),
    ("caveats", "choices", "Caveats", ""),
    (
        "permitted_actions",
        "choice",
        "What readers may do",
        "Nothing chosen: at AMBER and stricter, decisions inside the organization only.",
    ),
    (
        "attribution_mode",
        "choice",
        "Whom readers are told it is from",
        "The secretariat knows in any case.",
    ),
    ("attribution", "choice", "May others name you", "Where readers are not told, they do not name you."),
    ("affected_party_notice", "choice", "The organization concerned", ""),
    (
        "embargo_until",
        "datetime",
        "Embargo until",
        "With the caveat EMBARGO. It is published by itself when this moment comes.",
    ),
    (
        "handling_ends",
        "datetime",
        "Look at these conditions again on",
        "You are asked then. Nothing widens by itself: they hold until you publish others.",
    ),
    ("delay_reason", "choice", "Why the reply is delayed", "With the caveat DELAYREPLY."),
)

ACTIONS: Final = {
    "contact_originator_first": "Contact the originator before doing anything",
    "internal_decision_only": "Use it for decisions inside the organization only",
    "may_raise_with_partner": "May raise it with the partner",
    "may_seek_own_sources": "May look for sources of one’s own",
    "may_publish": "May publish",
}
MODES: Final = {
    "organization": "Our organization, by name",
    "sector_only": "Our sector only",
    "anonymous_via_secretariat": "Nobody: anonymous, through the secretariat",
}
ATTRIBUTION: Final = {
    "must": "Name the originator",
    "may": "May name the originator",
    "must_not": "Do not name the originator",
}
NOTICE: Final = {
    "may": "The organization concerned may be told",
    "must_not": "The organization concerned must not be told",
}
