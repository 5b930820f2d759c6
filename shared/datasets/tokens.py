"""Count the tokens of an example exactly, in the model's own encoding."""

import json
from collections.abc import Iterable
from typing import Any

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


def declared_in(example: dict[str, Any], kind: Format) -> list[dict[str, Any]]:
    """Return the functions that an example declares; in a reinforcement line `functions` is a key like any other."""
    functions = [tool["function"] for tool in example.get("tools") or ()]
    return functions if kind is Format.REINFORCEMENT else functions + (example.get("functions") or [])


class TokenCounter:
    """Counts in one encoding. `total` is what is billed for, `learned` what the assistant's turns contribute.

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

    def example(self, example: dict[str, Any], kind: Format) -> tuple[int, int]:
        """Return `(total, learned)` of an example without errors."""
        if kind is Format.COMPLETION:
            learned = self.text(example["completion"])
            return self.text(example["prompt"]) + learned, learned
        if kind is Format.PREFERENCE:
            asked, _ = self.example(example["input"], Format.CHAT)
            outputs = [self._message(example[key][0]) for key in ("preferred_output", "non_preferred_output")]
            return asked + sum(total for total, _ in outputs), sum(learned for _, learned in outputs)
        counts = [self._message(message) for message in example["messages"]]
        total = PER_EXAMPLE + sum(total for total, _ in counts) + self.declared(example, kind)[0]
        # What a reinforcement line says is all asked: the answer that is learned from is sampled.
        return total, 0 if kind is Format.REINFORCEMENT else sum(learned for _, learned in counts)

    def _repeated(self, text: str) -> int:
        """Count a text that usually stands in every example, once."""
        known = self._kept.get(text)
        if known is None:
            known = self.text(text)
            if len(self._kept) < _KEPT_TEXTS and len(text) <= _KEPT_LENGTH:
                self._kept[text] = known
        return known

    def _message(self, message: dict[str, Any]) -> tuple[int, int]:
        words = self._content(message.get("content")) + self._content(message.get("refusal"))
        words += sum(self.call(call["function"]) for call in message.get("tool_calls") or ())
        if message.get("function_call"):
            words += self.call(message["function_call"])
        total = self._begins[message["role"]] + words
        if message.get("name"):
            total += PER_NAME + self._repeated(message["name"])
        learns = message["role"] == "assistant" and message.get("weight", 1) != 0
        return total, words if learns else 0

    def _content(self, content: str | list[dict[str, Any]] | None) -> int:
        if isinstance(content, str):
            return self.text(content)
        return sum(
            of_part(part)[0]
            if part["type"] == "image_url"
            else self.text(part.get("text") or part.get("refusal") or "")
            for part in content or ()
        )

    def call(self, function: dict[str, Any]) -> int:
        """Return the tokens of a call of a function, an estimate."""
        return PER_CALL + self._repeated(function["name"]) + self.text(function["arguments"])

    def declared(self, example: dict[str, Any], kind: Format) -> tuple[int, int]:
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


def _json(value: Any, *, plain: bool = False) -> str:
    return value if plain and isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
