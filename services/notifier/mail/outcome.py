"""From what became of each address to what becomes of the delivery"""

from collections.abc import Mapping, Sequence

from services.notifier.mail.refusals import SCHEDULE, TRIES_WHEN_FULL, Fate
from shared.endpoints.policy import Verdict

#: Nothing more is done about these.
SETTLED = frozenset({Fate.ACCEPTED, Fate.NO_MAILBOX, Fate.REFUSED})


def settled(fate: Fate, before: str | None, attempt: int) -> Fate:
    """Return the fate with its patience: what is full is not tried for long, and what is unclear only once more."""
    full_for_good = fate == Fate.FULL and attempt >= TRIES_WHEN_FULL
    if full_for_good or (fate == Fate.UNCLEAR and before == Fate.UNCLEAR):
        return Fate.REFUSED
    return fate


def verdict(fates: Mapping[str, Fate], attempt: int) -> Verdict:
    """Return what follows for the delivery: tried again while anything may still work, delivered if anybody has it."""
    waiting = [address for address, fate in fates.items() if fate not in SETTLED]
    refused = [address for address, fate in fates.items() if fate in (Fate.NO_MAILBOX, Fate.REFUSED)]
    accepted = len(fates) - len(waiting) - len(refused)
    taken = f"Taken for {accepted} of {len(fates)} addresses. " if accepted else ""
    if Fate.OURS in fates.values():
        reason = "The mail server does not take what this service sends; its operator has been told."
    else:
        reason = f"{taken}Not taken yet by the mail server for {_listed(waiting)}."
    if waiting and attempt <= len(SCHEDULE):
        return Verdict("retry", reason, after=SCHEDULE[attempt - 1].total_seconds())
    if waiting:
        return Verdict("give_up", f"{reason} That was try {attempt} of {len(SCHEDULE) + 1}.")
    if accepted:
        return Verdict("delivered", f"{taken}The mail server refused {_listed(refused)}." if refused else "")
    if all(fates[address] == Fate.NO_MAILBOX for address in refused):
        return Verdict("pause", f"There is no mailbox at {_listed(refused)}. Give the endpoint an address that exists.")
    return Verdict("give_up", f"The mail server refused the message for {_listed(refused)}.")


def _listed(addresses: Sequence[str]) -> str:
    shown = ", ".join(addresses[:3])
    return shown if len(addresses) <= 3 else f"{shown} and {len(addresses) - 3} more"
