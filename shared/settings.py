"""Every setting of the service, with its reason; read from TUNEYARD_* variables."""

from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared import setting_forms

#: Services of Apprise that connect to a host of their own and nowhere else: the others go wherever a URL says, past the
#: guard of outgoing requests.
APPRISE_SERVICES = frozenset(
    (
        *(
            "dingtalk",
            "discord",
            "feishu",
            "gchat",
            "ifttt",
            "lark",
            "line",
            "opsgenie",
            "pagerduty",
            "pagertree",
            "pbul",
        ),
        *("pover", "prowl", "pushed", "sendgrid", "signl4", "splunk", "spush", "tgram", "twilio", "webex", "wecombot"),
    )
)


class ProviderSettings(BaseModel):
    """One provider: `TUNEYARD_PROVIDERS__NAME__BASE_URL` and so on."""

    base_url: str
    api_key: SecretStr
    #: A create call that takes longer counts as unclear and is looked up, not repeated (queue-facts 2.4).
    timeout_seconds: float = Field(default=60, gt=0)
    #: The longest time after which a request of ours may still take effect. Too short: a job is paid twice.
    settle_seconds: float = Field(default=600, ge=0)
    #: Between two looks at a running job; real jobs take minutes to hours (openai-api-facts 8.4).
    poll_seconds: float = Field(default=15, gt=0)

    _of_the_web = field_validator("base_url")(setting_forms.web_url)


class PipelineSettings(BaseModel):
    """How workers lease, sweep and repeat."""

    #: A dead worker's step is taken over after this; long steps renew at a third of it.
    lease_seconds: float = Field(default=120, gt=0)
    #: Between two sweeps for due work that no wake-up reached.
    sweep_seconds: float = Field(default=1, gt=0)
    #: Steps running at once in one worker process.
    concurrency: int = Field(default=20, ge=1)
    #: First wait after an error that can pass; doubles up to the second figure, with jitter.
    retry_first_seconds: float = Field(default=1, gt=0)
    retry_most_seconds: float = Field(default=300, gt=0)
    #: A step that only ever raises is given up after this many starts, with a reason: about three hours of waiting.
    attempts: int = Field(default=45, ge=1)
    #: A file under which so many processes of the check died is given up. Once may be chance: another file took the
    #: memory. By the third time it is this one.
    deaths: int = Field(default=3, ge=1)
    #: How long a new model may take until it answers; "several minutes" says the guide.
    readiness_seconds: float = Field(default=3600, gt=0)


class SmtpSettings(BaseModel):
    """The mail server that notices are handed to: `TUNEYARD_SMTP__HOST` and so on. The operator's, not a project's."""

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)

    host: str = Field(min_length=1)
    #: 587 for `starttls`, 465 for `tls`, 25 for `none`, unless given.
    port: int | None = Field(default=None, ge=1, le=65535)
    #: There is no "if the server can": who strips STARTTLS from its greeting would be handed the password in clear.
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    #: `TUNEYARD_SMTP__FROM`: what stands in From, with or without a name: `Tuneyard <tuneyard@example.com>`.
    sender: str = Field(alias="from", min_length=3)
    #: Where bounces go (the envelope's sender), when that is not the address in `from`.
    bounces_to: str | None = None
    #: Certificates to trust besides the system's, for a server with a company's own.
    ca_file: Path | None = None
    #: For one whole message, connection included. With more it might outlive its delivery's lease, and be sent by two.
    timeout_seconds: float = Field(default=30, gt=0, le=30)
    #: `https://…` or `mailto:…`, where `{endpoint_id}` and `{address}` are filled in; an https one must unsubscribe on
    #: POST (RFC 8058). None: no such header.
    unsubscribe_url: str | None = Field(default=None, pattern=r"^(https://|mailto:)\S+$")

    @field_validator("port", "username", "password", "bounces_to", "ca_file", "unsubscribe_url", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """A compose file passes variables on that nobody has set."""
        return None if value == "" else value

    @field_validator("sender")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if "@" not in parseaddr(value)[1]:
            raise ValueError(
                'it must be a mail address, with a name or without, as in "Tuneyard <tuneyard@example.com>"'
            )
        return value

    @field_validator("ca_file")
    @classmethod
    def _that_is_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"{value} is no file that can be read")
        return value

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("SMTP__USERNAME and SMTP__PASSWORD go together: set both, or neither.")
        if self.tls == "none" and self.username is not None and not _is_loopback(self.host):
            raise ValueError(
                f"SMTP__TLS is none, and the credentials would go to {self.host} in clear. Use starttls or tls; "
                "without encryption credentials go to this machine only."
            )
        return self

    @property
    def dialled_port(self) -> int:
        """The port given, or the usual one of the kind of TLS."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]


# A setting that cannot be read may be a secret: what it was is not told, only where.
_READ = SettingsConfigDict(env_prefix="TUNEYARD_", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True)


class NoticeSettings(BaseSettings):
    """What notices look like; all that the terminal's preview needs."""

    model_config = _READ

    #: Where people reach the gateway with a browser. Messages link there; without it they have no links.
    public_url: str | None = None
    #: A folder of templates that take the place of ours (docs/notices.md).
    templates: Path | None = None

    @field_validator("public_url")
    @classmethod
    def _of_the_web(cls, value: str | None) -> str | None:
        return value if value is None else setting_forms.web_url(value)


class SealedSettings(BaseSettings):
    """Where secrets are stored, and what they are encrypted with; all that the terminal's `keyring` needs."""

    model_config = _READ

    database_url: str
    #: Fernet keys, newest first: the first encrypts, all decrypt. `tuneyard up` makes one.
    secret_keys: Annotated[list[SecretStr], NoDecode, Field(min_length=1)]

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return _parts(value) if isinstance(value, str) else value

    @field_validator("secret_keys")
    @classmethod
    def _of_fernet(cls, keys: list[SecretStr]) -> list[SecretStr]:
        for key in keys:
            setting_forms.fernet_key(key.get_secret_value())
        return keys

    _of_a_database = field_validator("database_url")(setting_forms.database_url)


class Settings(NoticeSettings, SealedSettings):
    """The settings shared by gateway, worker, notifier and the terminal's `migrate`."""

    redis_url: str
    storage_url: str
    providers: dict[str, ProviderSettings] = Field(min_length=1)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    #: The worker's and the notifier's own health page; 0 takes a free port, none is opened without it.
    health_port: int | None = Field(default=None, ge=0, le=65535)
    #: Connections a process keeps to PostgreSQL.
    database_pool: int = Field(default=10, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    #: `auto` writes for people in a terminal and JSON elsewhere.
    log_format: Literal["auto", "json", "text"] = "auto"
    #: The first key of the first project; the gateway stores its hash at start if it is not there.
    bootstrap_api_key: SecretStr | None = None
    #: Whether webhooks may go to this machine. For development; off in production.
    allow_loopback: bool = False
    #: Networks of the operator's own that webhooks may go to as well: `10.1.0.0/16,fd12::/16`.
    egress_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    #: 512 MB is OpenAI's limit of a file (openai-api-facts 1.1).
    max_file_bytes: int = Field(default=512 * 1024 * 1024, ge=1)
    #: Processes in which a worker looks at the lines of files; None is as many as there are cores.
    check_processes: int | None = Field(default=None, ge=1)
    pipeline: PipelineSettings = Field(default_factory=PipelineSettings)
    #: How long deliveries, their attempts and their bytes are kept for the log, for resending and recovering.
    delivery_log_days: int = Field(default=90, ge=15)
    #: None: there is no mail, and endpoints of the channel `email` are refused when they are made.
    smtp: SmtpSettings | None = None
    #: Another one for GovSlack (https://slack-gov.com/api/). Bot tokens are sent there and nowhere else.
    slack_api_url: str = "https://slack.com/api/"
    #: Schemas of apprise that projects may name (`discord,tgram`); none is none. Needs `tuneyard[apprise]`.
    apprise_services: Annotated[list[str], NoDecode] = []

    @field_validator("apprise_services", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _parts(value) if isinstance(value, str) else value

    _of_redis = field_validator("redis_url")(setting_forms.redis_url)
    _of_a_storage = field_validator("storage_url")(setting_forms.storage_url)

    @field_validator("slack_api_url")
    @classmethod
    def _of_a_folder(cls, value: str) -> str:
        return setting_forms.web_url(value, is_folder=True)

    @field_validator("egress_allow", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        return tuple(_network(part) for part in _parts(value)) if isinstance(value, str) else value

    @field_validator("apprise_services", mode="after")
    @classmethod
    def _of_fixed_hosts(cls, services: list[str]) -> list[str]:
        for name in services:
            if name not in APPRISE_SERVICES:
                known = ", ".join(sorted(APPRISE_SERVICES))
                raise ValueError(f'"{name}" is not among the services that keep to a host of their own: {known}.')
        return services

    @property
    def default_provider(self) -> str:
        """The provider new jobs go to: `default`, or the only one there is."""
        return "default" if "default" in self.providers else next(iter(self.providers))

    @property
    def can_mail(self) -> bool:
        """Whether there is a mail server to hand notices to."""
        return self.smtp is not None


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _network(part: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(part)
    except ValueError as exc:
        raise ValueError(f'"{part}" is no network such as 10.1.0.0/16 or fd12::/16: {exc}') from exc


def _is_loopback(host: str) -> bool:
    """Say whether the name or number can mean nothing but this machine."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
