"""The bodies of chat and completion requests; fields that a small model has no use for are let pass."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.trainer.engines.engine import Sampling
from shared.wire.parse import Body

#: Tokens of an answer when the request names no limit; a chat's is ours, a completion's is OpenAI's.
CHAT_TOKENS, COMPLETION_TOKENS = 1024, 16
MOST_TOKENS = 16_384
_Stop = Annotated[str, StringConstraints(min_length=1)]
Tokens = Annotated[int, Field(ge=1, le=MOST_TOKENS)]


class StreamOptions(BaseModel):
    """What stands under `stream_options`."""

    model_config = ConfigDict(extra="ignore")
    include_usage: bool = False


Item = TypeVar("Item")
_Some = Annotated[list[Item], Field(min_length=1)]


class Asked(Body):
    """What both kinds of request share."""

    model_config = ConfigDict(extra="ignore", strict=True)
    model: str
    max_tokens: Tokens | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    seed: int | None = None
    stop: _Stop | Annotated[list[_Stop], Field(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @property
    def stops(self) -> list[str]:
        return [self.stop] if isinstance(self.stop, str) else self.stop or []

    @property
    def with_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage

    def sampling(self, most: int, choice: int) -> Sampling:
        """Return how to sample the answer number `choice` of `n`; each has its own chance, fixed by the seed."""
        seed = None if self.seed is None else abs(self.seed) + choice
        top_p = 1.0 if self.top_p is None else self.top_p
        return Sampling(max_tokens=most, temperature=self.temperature, top_p=top_p, seed=seed)


class ChatAsked(Asked):
    """The body of POST /chat/completions."""

    messages: list[Any]
    max_completion_tokens: Tokens | None = None

    @property
    def most(self) -> int:
        return self.max_completion_tokens or self.max_tokens or CHAT_TOKENS


class CompletionAsked(Asked):
    """The body of POST /completions."""

    prompt: str | _Some[str] | _Some[int] | _Some[_Some[int]]
    echo: bool | None = None

    @property
    def most(self) -> int:
        return self.max_tokens or COMPLETION_TOKENS

    @property
    def prompts(self) -> list[str | list[int]]:
        if isinstance(self.prompt, str):
            return [self.prompt]
        tokens = [token for token in self.prompt if isinstance(token, int)]
        return [tokens] if tokens else [prompt for prompt in self.prompt if not isinstance(prompt, int)]
