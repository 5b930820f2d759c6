"""The forms of keys, tokens and private keys, by which they are found, and kept out of what is said of a value"""

import re

#: What a text must hold before the expression after it is tried: to look for a word is a hundred times faster.
#: The forms are those of the issuers' documentation and of GitHub's secret scanning; each is long enough, and
#: rare enough in its beginning, not to be met by chance.
FORMS: tuple[tuple[bytes, str, str], ...] = (
    (b"AKIA", "an AWS access key", r"\bAKIA[A-Z2-7]{16}\b"),
    (b"ASIA", "an AWS access key", r"\bASIA[A-Z2-7]{16}\b"),
    (b"AIza", "a Google API key", r"\bAIza[\w-]{35}(?![\w-])"),
    (b"eyJ", "a JSON web token", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    (
        b"PRIVATE KEY",
        "a private key",
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----[\s\\nr]*[A-Za-z0-9+/=:]{40}",
    ),
    (b"SG.", "a SendGrid key", r"\bSG\.[\w-]{22}\.[\w-]{43}\b"),
    (b"hooks.slack.com/", "a Slack webhook", r"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{20,}"),
    (b"ghp_", "a GitHub token", r"\bghp_[A-Za-z0-9]{36}"),
    (b"gho_", "a GitHub token", r"\bgho_[A-Za-z0-9]{36}"),
    (b"ghu_", "a GitHub token", r"\bghu_[A-Za-z0-9]{36}"),
    (b"ghs_", "a GitHub token", r"\bghs_[A-Za-z0-9]{36}"),
    (b"github_pat_", "a GitHub token", r"\bgithub_pat_\w{60,}"),
    (b"_live_", "a Stripe key", r"\b[sr]k_live_[A-Za-z0-9]{20,}"),
    (b"_test_", "a Stripe key", r"\b[sr]k_test_[A-Za-z0-9]{20,}"),
    (b"npm_", "an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    (b"hf_", "a Hugging Face token", r"\bhf_[A-Za-z0-9]{34}\b"),
    (b"ty_", "a Tuneyard key", r"\bty_[\w-]{40,}"),
    (b"whsec_", "a webhook signing secret", r"\bwhsec_[A-Za-z0-9+/]{24,}"),
    (b"sk-", "an API key of OpenAI's form", r"\bsk-(?:proj-|svcacct-|admin-|ant-|or-)?[\w-]{32,}"),
    (b"xox", "a Slack token", r"\bxox[abeprs]-[0-9]{8,}-[\w-]{16,}"),
    (b"glpat-", "a GitLab token", r"\bglpat-[\w-]{20,}"),
    (b"pypi-", "a PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}"),
)
#: A value that is given to a name that says it is secret, in quotes, and looks random.
ASSIGNED = re.compile(
    r"""(?i)(?:api_?key|secret(?:_?key)?|access_?(?:key|token)|auth_?token|client_?secret|passw(?:or)?d)["']?"""
    r"""\s*[:=]\s*["']([A-Za-z0-9+/_=\-]{20,128})["']"""
)
COMPILED = {form: re.compile(form) for *_, form in FORMS}
#: No form is shorter.
_LONG = re.compile(r"[A-Za-z0-9_+/=.-]{16}")
#: To the secret's end: a form is content with so much of it as tells it.
_SECRET = re.compile(
    "|".join((r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY[\s\S]*", *(rf"(?:{form})[\w+/=-]*" for form in COMPILED)))
)
_INSTEAD = "[secret]"


def hidden(text: str) -> str:
    """Return the text with every secret in it replaced: a report goes where the dataset may not."""
    if not _LONG.search(text):
        return text
    return ASSIGNED.sub(lambda found: found[0].replace(found[1], _INSTEAD), _SECRET.sub(_INSTEAD, text))
