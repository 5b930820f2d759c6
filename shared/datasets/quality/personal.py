"""Find personal data in what is said: addresses, telephone numbers, cards and accounts, each by its own rules"""

import re
from collections.abc import Callable, Iterator

from shared.datasets.checks.findings import Findings
from shared.datasets.quality.glances import accounts, at_signs, cards, telephones
from shared.datasets.quality.groups import counted
from shared.datasets.quality.texts import Glance, Texts

#: An address from its sign on, which is found faster than its beginning; and the beginning, read before the sign.
_EMAIL = re.compile(r"@((?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24})(?![\w@-])")
_LOCAL = re.compile(r"(?<![\w.+@/%-])[A-Za-z0-9][\w.+%-]{0,63}\Z")
#: RFC 2606 and 6761 keep these for examples; the others are what examples use nevertheless.
_EXAMPLE_DOMAIN = re.compile(
    r"(?i)(?:^|\.)(?:[\w-]*example[\w-]*(?:\.\w+)?|test|invalid|localhost|local|internal"
    r"|(?:domain|email|company|mail|abc|xyz|test|website|yourcompany|yourdomain|mydomain|company-?name)"
    r"\.(?:com|org|net))$"
)
#: Addresses of an office, or of nobody, and of programs.
_OFFICE = re.compile(
    r"(?i)^(?:info|support|sales|contact|help|hello|admin|office|service|services|customer.*|press|media|jobs|careers"
    r"|hr|team|billing|accounts?|privacy|legal|security|abuse|postmaster|webmaster|no-?reply|do-?not-?reply|git|root"
    r"|feedback|orders?|bookings?|reservations?|newsletter|news|mail|e?mail|user\w*|username|name|first.*last\w*|you"
    r"|your.*|someone|somebody|person|me|test\w*|example|foo|bar|abc|xyz|j(?:ohn|ane)?[._]?(?:doe|smith).*|ombuds\w*|complaints?|recipient|sender)$"
)
#: +49 30 901820 and the like; and numbers of North America, whose area codes and exchanges begin with 2 to 9.
_ABROAD = re.compile(
    r"\+(?<![\w+.(/=-]\+)(?![0-9]{4}-[0-9][0-9]-[0-9][0-9])"
    r"[1-9][0-9]{0,2}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9]{1,4}(?:[ .-]?[0-9]{2,4}){1,4}(?![\w-]|\.[0-9])"
)
#: A coordinate, or a change: the dot that registries of domains write has more digits behind it.
_DECIMAL = re.compile(r"\+[0-9]{1,3}\.[0-9]{1,7}")
_AMERICAN = re.compile(
    r"(?<![\w+.(/=-])(?:1[ .-])?"
    r"(?:\((?P<area>[2-9][0-9]{2})\) ?[2-9][0-9]{2}[.-]|(?P<code>[2-9][0-9]{2})(?P<by>[.-])[2-9][0-9]{2}(?P=by))"
    r"[0-9]{4}(?![\w-]|\.[0-9])"
)
#: Companies' numbers, free to call.
_TOLL_FREE = {"800", "833", "844", "855", "866", "877", "888", "900"}
#: Kept for fiction: 555 in North America; Ofcom's ranges in Britain.
_FICTION = re.compile(
    r"1?\d{3}555\d{4}|1?555\d{7}|44(?:1632960|7700900|207946|1134960|1144960|1154960)\d+|33(?:199|639)\d+"
)
_FEWEST_DIGITS = 8
_SEQUENCE = re.compile(r"1234567|2345678|7654321|(\d)\1{5}")

#: Groups of four that stand in a longer row of numbers are a list or a table: one of ten would pass for a card.
_CARD = re.compile(
    r"(?<![\w.,+/-])(?<![A-Z]{2}[0-9]{2} )"
    r"(?:(?<![0-9]{3} )(?<![0-9] [0-9]{2} )(?<![0-9] [0-9] )"
    r"[0-9]{4}(?:[ -][0-9]{4}){3}(?! [0-9]{4,}(?![/-])|(?: [0-9]+){4})"
    r"|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{5}|[0-9]{15,16})(?![\w-]|[.,][0-9])"
)
#: What issuers of cards begin with: Visa, Mastercard, American Express, Discover, JCB.
_ISSUER = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d)\d{12}|35\d{14}"
)
#: Numbers that payment providers publish for tests.
_TEST_CARDS = re.compile(
    r"4242424242424242|4000\d{12}|4111111111111111|4012888888881881|5555555555554444|5105105105105100|2223003122003222"
    r"|5200828282828210|378282246310005|371449635398431|378734493671000|6011111111111117|6011000990139424|3530111333300000"
    r"|3566002020360505|4539578763621486|4916338506082832"
)

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
#: ISO 13616's registry of lengths.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FO FI GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "PT LY ST", 26: "IS TR",
        27: "FR GR IT MC MR SM BI DJ", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
#: Examples of the registry and of the encyclopaedias, by the account in them.
_EXAMPLE_IBANS = re.compile(
    r"WEST12345698|NWBK6016133192|370400440532013|20041010050500013|ABNA0417164300|2100041845020005|X0542811101"
    r"|1904300234573201|123456789|00000000|00762011623852957|539007547034|19043002345732"
)


def check_personal(texts: Texts, findings: Findings) -> None:
    """Add a finding for each kind of personal data in each text."""
    for code, name, plural, glance, looks in _KINDS:
        if findings.severities[code] is None:
            continue
        for talk, index, place in texts.at(texts.having(glance), findings):
            for look in looks:
                if number := sum(1 for _ in look(talk.texts[index])):
                    place.add(code, f"the text holds {counted(number, name, plural)}. {_CURE}", talk.path(index))


_CURE = "Whoever uses the model may get it back: take it out, or put an invented one in its place."


def _emails(text: str) -> Iterator[str]:
    for match in _EMAIL.finditer(text):
        local = _LOCAL.search(text[max(0, match.start() - 66) : match.start()])
        if local and not _EXAMPLE_DOMAIN.search(match[1]) and not _OFFICE.match(local[0]):
            yield local[0] + match[0]


def _phones_abroad(text: str) -> Iterator[str]:
    for match in _ABROAD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if not _DECIMAL.fullmatch(match[0]) and _reaches(digits, digits[1:4] if digits.startswith("1") else ""):
            yield match[0]


def _phones_american(text: str) -> Iterator[str]:
    for match in _AMERICAN.finditer(text):
        if _reaches(re.sub(r"\D", "", match[0]), match["area"] or match["code"]):
            yield match[0]


def _reaches(digits: str, area: str) -> bool:
    """Whether a number may be a person's: E.164 has at most 15 digits, and fewer than 8 reach nobody from abroad."""
    if not _FEWEST_DIGITS <= len(digits) <= 15 or area in _TOLL_FREE:
        return False
    return not _FICTION.fullmatch(digits) and not _SEQUENCE.search(digits)


def _cards(text: str) -> Iterator[str]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _ISSUER.fullmatch(digits) and luhn(digits) and not _TEST_CARDS.fullmatch(digits):
            yield match[0]


def _ibans(text: str) -> Iterator[str]:
    for match in _IBAN.finditer(text):
        # What follows in capitals may have been read along: the country says where the number ends.
        account = match[0].replace(" ", "")[: _IBAN_LENGTHS.get(match[0][:2], 0)]
        if iban(account) and not _EXAMPLE_IBANS.search(account):
            yield account


_Look = Callable[[str], Iterator[str]]
#: What is looked for: its code, the words for it, where it may stand, and the exact looks.
_KINDS: tuple[tuple[str, str, str, Glance, tuple[_Look, ...]], ...] = (
    ("personal_email", "e-mail address", "e-mail addresses", at_signs, (_emails,)),
    ("personal_phone", "telephone number", "telephone numbers", telephones, (_phones_abroad, _phones_american)),
    ("personal_card", "number of a payment card", "numbers of payment cards", cards, (_cards,)),
    ("personal_iban", "number of a bank account (IBAN)", "numbers of bank accounts (IBAN)", accounts, (_ibans,)),
)


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others, as ISO/IEC 7812 has it."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(twice - 9 if twice > 9 else twice for twice in doubled)) % 10 == 0


def iban(account: str) -> bool:
    """Whether an account has the length of its country, and the checksum of ISO 13616."""
    if len(account) != _IBAN_LENGTHS.get(account[:2]):
        return False
    return int("".join(str(int(letter, 36)) for letter in account[4:] + account[:4])) % 97 == 1
