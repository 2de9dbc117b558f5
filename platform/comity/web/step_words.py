"""What the pages of single steps say: the name of each, what follows from it, its button, and the notice afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Words:
    """`says` tells what follows, before the step is taken."""

    title: str
    says: str
    button: str
    done: str


WORDS: Final[Mapping[str, Words]] = {
    "take-back": Words(
        "Take it back",
        "It leaves triage or review and you can edit it again. Votes on the new version start anew.",
        "Take it back",
        "You have it back. Edit it and hand it in again.",
    ),
    "discard": Words(
        "Throw the draft away",
        "It was never handed in, so nobody else knows of it. The draft, its versions and its files are deleted, and it cannot be"
        " undone. The log keeps its reference and that you did it.",
        "Delete the draft",
        "The draft is deleted.",
    ),
    "exception": Words(
        "Ask for exceptional handling of personal data",
        "The data protection officer and the ombudsperson are brought in. Both must agree, for 12 months"
        " at most, and the record then never leaves this node.",
        "Ask both officers",
        "Both officers can see the draft now.",
    ),
    "lift": Words(
        "Lift the personal-data block",
        "Your agreement counts for this version only, and only together with the other officer’s.",
        "Agree to the exception",
        "Your agreement is recorded.",
    ),
    "correct": Words(
        "Begin a correction",
        "You get a working copy. It goes through review, and the old version stays up with a notice "
        "until the new one is published.",
        "Begin a correction",
        "Your working copy is ready.",
    ),
    "still-true": Words(
        "Say that it still stands",
        "You have looked at its facts and sources again. Its review is due next on the date that you give.",
        "It still stands",
        "Recorded. The next review date is set.",
    ),
    "give-up": Words(
        "Keep the version in force",
        "Your working copy is put aside. What is published stays as it is.",
        "Give up the correction",
        "The version in force stands.",
    ),
    "handling": Words(
        "Look at the marking again",
        "The time that was set for its conditions is over. Nothing has widened: they hold until you change them. To change them, "
        "begin a correction; to leave them, say why.",
        "Leave the marking as it is",
        "The marking stays, and your reason is kept.",
    ),
    "waive": Words(
        "Waive prior notice",
        "The record may be published before the named organizations had their 10 working days. They are "
        "told within 30 days, and it is counted in public.",
        "Waive prior notice",
        "Prior notice is waived.",
    ),
    "withdraw": Words(
        "Ask to withdraw",
        "An editor acknowledges it. Then readers see a tombstone with the dates and the reason. Nothing "
        "is deleted, and it is not undone.",
        "Ask to withdraw it",
        "An editor is asked to acknowledge.",
    ),
    "withdraw/acknowledge": Words(
        "Acknowledge the withdrawal",
        "The originator has asked. Acknowledging is no decision: the tombstone is put up now.",
        "Acknowledge",
        "The record is withdrawn.",
    ),
    "withdraw/council": Words(
        "Withdraw by council",
        "It takes effect by itself when a majority and three sectors, two of them non-government, agree."
        " Your last word counts.",
        "Record my voice",
        "Your voice is recorded.",
    ),
    "hold": Words(
        "Ask for a hold",
        "It takes effect only when two sectors, one of them non-government, agree. It ends by itself, "
        "after 14 days at most, and is counted in public.",
        "Ask for a hold",
        "The hold is asked for. Reviewers answer next.",
    ),
    "hold/agree": Words(
        "Answer the request for a hold",
        "A no is as good as silence for the count: only voices that agree make a hold.",
        "Record my answer",
        "Your answer is recorded.",
    ),
    "hold/renew": Words(
        "Renew the hold",
        "Possible once, with two non-government sectors of council, for 14 days at most.",
        "Record my voice",
        "Your voice is recorded.",
    ),
    "appeal": Words(
        "Appeal",
        "The ombudsperson takes a first look. If it passes, the record shows “under dispute” and three "
        "people of three sectors decide within 20 working days.",
        "Send the appeal",
        "Your appeal is with the ombudsperson.",
    ),
    "appeals/first-look": Words(
        "First look",
        "Passing shows “under dispute”, and the disputed claims stop driving any grade.",
        "Record the first look",
        "The first look is recorded.",
    ),
    "appeals/panel": Words(
        "Name the panel",
        "Three people of three sectors who did not take part before decide; you have no voice in it. They are told. Naming"
        " again replaces those who have not spoken yet.",
        "Name the panel",
        "The panel is named and told.",
    ),
    "appeals/decide": Words(
        "Decide on the appeal",
        "You decide as one of three. The outcome takes effect by itself when all three sectors have spoken and two of you"
        " agree; its reasons are shown with the record and counted. Your last word counts.",
        "Enter my decision",
        "Your decision is recorded.",
    ),
    "appeal/council": Words(
        "Take a decision to council",
        "Possible once for each appeal. Council decides within 40 working days; whoever took part before has no voice in it.",
        "Ask council",
        "The decision is before council.",
    ),
    "appeals/council": Words(
        "Decide on a second appeal",
        "It takes effect by itself when half of the seats have spoken and a majority of members and of three sectors is for one "
        "outcome. Your last word counts.",
        "Record my voice",
        "Your voice is recorded.",
    ),
    "waive/council": Words(
        "Waive notice again",
        "Notice to the named organizations may wait 30 days more when council agrees. It is counted in public.",
        "Record my voice",
        "Your voice is recorded.",
    ),
    "reply": Words(
        "Enter a reply",
        "Shown unedited beside the record as the organization’s own words. Check first who sent it. Late"
        " replies are always accepted.",
        "Enter it",
        "The reply is recorded.",
    ),
    "conflict": Words(
        "Enter a conflict of interest",
        "It changes no count yet: a member of council without an interest in the record, or the auditor, says whether it stands."
        " The reviewer hears of it, and it is counted in public.",
        "Enter it",
        "It is entered. Council or the auditor decides whether it stands.",
    ),
    "conflict/settle": Words(
        "Does the conflict of interest stand?",
        "If it stands, the vote is not counted any more, and a published record that has lost its quorum shows “under dispute”.",
        "Record it",
        "It is recorded, and the reviewer is told.",
    ),
    "restrict": Words(
        "Carry out a legal order",
        "The record goes out of sight at once, for one working day. It stays so only if a second person sees the order and"
        " confirms it by then: tell them its reference and that of the record. Readers see a tombstone, unless the order forbids"
        " one: then it is only counted.",
        "Carry out the order",
        "The order is carried out and logged. A second person has to confirm it within a working day.",
    ),
    "restrict/confirm": Words(
        "Confirm a legal order",
        "Look at the order itself and enter its reference. If nobody confirms it in time, the record is back where it was.",
        "I have seen this order",
        "The order is confirmed.",
    ),
    "release": Words(
        "Ask to release it to an allied node",
        "Somebody else of your organization agrees, and the federation officer carries it out. Exactly this version goes to exactly"
        " the organizations you name; people there may already have read it when you call it back.",
        "Ask for the release",
        "It is asked for. Your organization agrees next.",
    ),
    "release/agree": Words(
        "Give the originator’s yes",
        "The federation officer and the data protection officer can read the record from now on, to judge the release.",
        "Agree for the originator",
        "Your yes is recorded. The federation officer is next.",
    ),
    "release/execute": Words(
        "Carry out a release",
        "The release check is asked once more before anything is signed. Where it says no, the refusal is kept with its reasons.",
        "Carry it out",
        "It is carried out, or refused with reasons: see below who it went to.",
    ),
    "release/refuse": Words(
        "Refuse a release",
        "The originator or the federation officer refuses with a reason; the data protection officer on personal data alone.",
        "Refuse it",
        "The refusal is recorded.",
    ),
    "onward": Words(
        "Ask the originator before you pass it on",
        "The originator answers yes, no, yes in other words, or yes to a tear-line. Ten working days without an answer are a no.",
        "Ask the originator",
        "Your request is with the originator.",
    ),
    "onward/answer": Words(
        "Answer a request to pass it on",
        "Without an answer in time it is a no. A yes is for this recipient and this version alone.",
        "Send the answer",
        "Your answer is on its way.",
    ),
    "proposal": Words(
        "Propose a correction",
        "It goes to the originator as a proposal and changes nothing by itself. You see what becomes of it.",
        "Send the proposal",
        "Your proposal is with the originator.",
    ),
    "proposal/accept": Words(
        "Take up a proposed correction",
        "A correction begins with the proposed claim in it. You hand it in, reviewers decide, and it goes to every holder.",
        "Begin the correction",
        "The correction has begun.",
    ),
    "proposal/decline": Words(
        "Decline a proposed correction",
        "The record stays as it is. Whoever proposed it reads your reason, and may still appeal.",
        "Decline it",
        "The proposal is declined.",
    ),
    "tear-line": Words(
        "Tear off a line for more readers",
        "What you choose becomes a new draft with a marking and a review of its own. Nothing in it tells that there is a stricter"
        " record; readers of this one can find it from here.",
        "Begin the tear-line",
        "Complete the tear-line and hand it in.",
    ),
    "inputs": Words(
        "Look again at what it rests on",
        "Something it builds on was taken down. Say why it stands without it, or correct the record instead.",
        "It stands",
        "It is recorded that you looked at it again.",
    ),
    "restrict/lift": Words(
        "End a legal order",
        "The record goes back to where it was.",
        "End the restriction",
        "The order has ended.",
    ),
}
"""By the path of the step."""
