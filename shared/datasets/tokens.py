"""Count the tokens of an example exactly, in the model's own encoding."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from shared.datasets.formats import Declared, Format, PlainChat, PlainPair
from shared.datasets.formats.pictures import of_part
from shared.tokenizer import SHORT, Counter

#: What a conversation costs beside its words (OpenAI cookbook, "Data preparation for chat model fine-tuning").
PER_EXAMPLE, PER_MESSAGE, PER_NAME = 3, 3, 1
PER_CALL = 3  #: An estimate: a call is laid out about as a message is.
#: OpenAI cookbook, "How to count tokens with tiktoken": per function, per property, per item of an enum, at the end.
PER_FUNCTION = {"o200k_base": 7, "cl100k_base": 10}
PER_PROPERTY, PER_CHOICE, PER_TOOLS = 3, 3, 12
_UNSET = msgspec.UNSET
_KEPT_TEXTS = 1_000
_KEPT_LENGTH = 8_192


class Counted(NamedTuple):
    """The tokens of an example, or of a message of it."""

    total: int  #: What is billed for.
    learned: int  #: What the assistant's turns contribute.
    #: By how many the total may fall short, since how tools and pictures are laid out is nowhere published: tools and
    #: calls may stand before the model as the JSON they are, a picture may be seen in its highest detail.
    uncertain: int


def declared_in(example: dict[str, Any], kind: Format) -> list[dict[str, Any]]:
    """Return the functions that an example declares; in a reinforcement line `functions` is a key like any other."""
    functions = [tool["function"] for tool in example.get("tools") or ()]
    return functions if kind is Format.REINFORCEMENT else functions + (example.get("functions") or [])


class TokenCounter:
    """Counts in one encoding.

    Plain chat is counted as OpenAI's cookbook counts it. Where its script goes wrong (parts, tool calls, weights, the
    encoding of newer models) the words that the model sees are counted.
    """

    def __init__(self, encoding: str) -> None:
        """Load the tables (0.2 to 0.4 s the first time). Raises KeyError for an encoding that is not in the package."""
        self.encoding = encoding
        #: The number of tokens of any text, one that spells a special token like `<|endoftext|>` too.
        counter = Counter(encoding)
        self.text = counter.count
        self._short = counter.short  # No text that msgspec has read has half a surrogate pair.
        self._kept: dict[str, int] = {}
        self._begins = {
            role: PER_MESSAGE + self.text(role)
            for role in ("system", "developer", "user", "assistant", "tool", "function")
        }

    def plain(self, example: PlainChat | PlainPair) -> tuple[int, int]:
        """Return `(total, learned)` of a plain line."""
        if isinstance(example, PlainPair):
            learned = self.text(example.completion)
            return self.text(example.prompt) + learned, learned
        total, learned, begins, short = PER_EXAMPLE, 0, self._begins, self._short
        for message in example.messages:
            role, content = message.role, message.content
            if role == "system":
                words = self._repeated(content)
            else:
                words = short(content) if len(content) < SHORT else self.text(content)
            total += begins[role] + words
            if role == "assistant" and (message.weight is _UNSET or message.weight):
                learned += words
            if message.name is not _UNSET:
                total += PER_NAME + self._repeated(message.name)
        return total, learned

    def example(self, example: dict[str, Any], kind: Format) -> Counted:
        """Count an example without errors."""
        if kind is Format.COMPLETION:
            learned = self.text(example["completion"])
            return Counted(self.text(example["prompt"]) + learned, learned, 0)
        if kind is Format.PREFERENCE:
            total, _, uncertain = self.example(example["input"], Format.CHAT)
            messages = [example[key][0] for key in ("preferred_output", "non_preferred_output")]
        else:
            total, uncertain = self._declared(example, kind)
            total += PER_EXAMPLE
            messages = example["messages"]
        learned = 0
        for message in messages:
            counted = self._message(message)
            total += counted[0]
            learned += counted[1]
            uncertain += counted[2]
        # What a reinforcement line says is all asked: the answer that is learned from is sampled.
        return Counted(total, 0 if kind is Format.REINFORCEMENT else learned, uncertain)

    def _repeated(self, text: str) -> int:
        """Count a text that usually stands in every example, once."""
        known = self._kept.get(text)
        if known is None:
            known = self.text(text)
            if len(self._kept) < _KEPT_TEXTS and len(text) <= _KEPT_LENGTH:
                self._kept[text] = known
        return known

    def _message(self, message: dict[str, Any]) -> tuple[int, int, int]:
        content, role = message.get("content"), message["role"]
        words, uncertain = (self.text(content), 0) if isinstance(content, str) else self._parts(content)
        if refusal := message.get("refusal"):
            words += self.text(refusal)
        for function in _called(message):
            tokens, more = self._call(function)
            words += tokens
            uncertain += more
        total = self._begins[role] + words
        if name := message.get("name"):
            total += PER_NAME + self._repeated(name)
        learns = role == "assistant" and message.get("weight", 1) != 0
        return total, words if learns else 0, uncertain

    def _parts(self, parts: list[dict[str, Any]] | None) -> tuple[int, int]:
        words = uncertain = 0
        for part in parts or ():
            if part["type"] == "image_url":
                least, most = of_part(part)
                words += least
                uncertain += most - least
            else:
                words += self.text(part.get("text") or part.get("refusal") or "")
        return words, uncertain

    def _call(self, function: dict[str, Any]) -> tuple[int, int]:
        """Return the tokens of a call of a function, an estimate, and by how many it may fall short."""
        tokens = PER_CALL + self._repeated(function["name"]) + self.text(function["arguments"])
        return tokens, max(0, self.text(_json(function)) - tokens)

    def _declared(self, example: dict[str, Any], kind: Format) -> tuple[int, int]:
        """Return the tokens of the functions that an example declares, an estimate by the best public rule.

        And by how many it may fall short: they may stand before the model as the JSON they are.
        """
        tools = example.get("tools")
        known = tools.tokens if isinstance(tools, Declared) and "functions" not in example else {}
        if self.encoding not in known:
            functions = declared_in(example, kind)
            least = sum(map(self._function, functions)) + PER_TOOLS if functions else 0
            most = self._repeated(_json(tools or functions)) if functions else 0
            known[self.encoding] = least, max(0, most - least)
        return known[self.encoding]

    def _function(self, function: dict[str, Any]) -> int:
        described = f"{function['name']}:{(function.get('description') or '').removesuffix('.')}"
        total = PER_FUNCTION.get(self.encoding, 10) + self._repeated(described)
        properties = (function.get("parameters") or {}).get("properties")
        if not isinstance(properties, dict) or not properties:
            return total
        return total + PER_PROPERTY + sum(self._property(name, value) for name, value in properties.items())

    def _property(self, name: str, schema: Any) -> int:
        if not isinstance(schema, dict):
            return PER_PROPERTY + self.text(f"{name}:{_json(schema)}")
        choices = schema.get("enum")
        total = PER_PROPERTY + (self._choices(choices) if isinstance(choices, list) else 0)
        described = str(schema.get("description") or "").removesuffix(".")
        rest = {key: value for key, value in schema.items() if key not in {"type", "description", "enum"}}
        nested = self._repeated(_json(rest)) if rest else 0
        return total + self._repeated(f"{name}:{_json(schema.get('type', ''), plain=True)}:{described}") + nested

    def _choices(self, choices: Iterable[Any]) -> int:
        return -PER_PROPERTY + sum(PER_CHOICE + self._repeated(_json(choice, plain=True)) for choice in choices)


def _called(message: dict[str, Any]) -> list[dict[str, Any]]:
    calls, legacy = message.get("tool_calls"), message.get("function_call")
    functions = [call["function"] for call in calls] if calls else []
    return [*functions, legacy] if legacy else functions


#: One encoder for all: `json.dumps` makes another for each value.
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _json(value: Any, *, plain: bool = False) -> str:
    return value if plain and isinstance(value, str) else _encode(value)
