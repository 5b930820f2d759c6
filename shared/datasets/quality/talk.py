"""See an example of any format as its texts: who says each, where it stands, and which of them is the answer."""

import json
from collections.abc import Iterator
from typing import Any, AnyStr

import msgspec

from shared.datasets.formats import Format, PlainChat, PlainPair
from shared.datasets.formats.detect import CHAT_KEYS

#: Who says a text. What is learned is `A`, or `C` when it is no prose: calls of tools, what a grader compares with. An
#: answer of weight 0 is `a`, and so is one that is not preferred.
SYSTEM, ASKED, TOOL, LEARNED, CALLED, UNLEARNED = "sutACa"
_MARKS = {"system": SYSTEM, "developer": SYSTEM, "user": ASKED, "tool": TOOL, "function": TOOL}


class Talk:
    """An example as the checks of quality see it: one text for each message, and in `marks` a letter for each text."""

    __slots__ = ("_encoded", "_paths", "attached", "last", "marks", "texts")

    def __init__(self, texts: list[str], marks: str, paths: list[str] | None = None, attached: str = "") -> None:
        """Hold the texts of one example; `attached` is what else makes two prompts differ: names, images, tools."""
        self.texts = texts
        self.marks = marks
        self.attached = attached
        #: The place of the answer: the last text that is learned; -1 when none is.
        self.last = max(marks.rfind(LEARNED), marks.rfind(CALLED))
        self._paths = paths
        self._encoded: list[bytes] | None = None

    def path(self, index: int) -> str:
        """Return where a text stands in its example."""
        return self._paths[index] if self._paths else f"messages[{index}].content"

    def said_by(self, mark: str) -> list[tuple[int, str]]:
        """Return the places and texts of one mark."""
        if self.marks.count(mark) == 1:
            place = self.marks.index(mark)
            return [(place, self.texts[place])]
        return [(place, text) for place, text in enumerate(self.texts) if self.marks[place] == mark]

    @property
    def encoded(self) -> list[bytes]:
        """The texts in UTF-8. They are made once: most checks look at bytes."""
        if self._encoded is None:
            self._encoded = [text.encode("utf-8", "surrogatepass") for text in self.texts]
        return self._encoded

    @property
    def answer(self) -> str:
        """What is learned last."""
        return self.texts[self.last]

    @property
    def system(self) -> str:
        """What the system and the developer say; empty when they say nothing."""
        return "\n".join(text for _, text in self.said_by(SYSTEM)) if SYSTEM in self.marks else ""


def see(example: PlainChat | PlainPair | dict[str, Any], kind: Format) -> Talk | None:
    """Return the example as its texts; None when nothing in it is learned. Whatever it holds, nothing is raised."""
    if isinstance(example, PlainChat):
        return _see_chat(example)
    if isinstance(example, PlainPair):
        return Talk([example.prompt, example.completion], ASKED + LEARNED, ["prompt", "completion"])
    talk = _see_object(example, kind)
    return talk if talk.last >= 0 else None


def _see_chat(chat: PlainChat) -> Talk:
    texts, marks, names = [], "", ""
    for message in chat.messages:
        texts.append(message.content)
        marks += _MARKS.get(message.role) or (UNLEARNED if message.weight == 0 else LEARNED)
        if message.name is not msgspec.UNSET:
            names += f"{message.name}\n"
    return Talk(texts, marks, None, names)


def _see_object(example: dict[str, Any], kind: Format) -> Talk:
    seen = _Seen()
    if kind is Format.COMPLETION:
        seen.add(example.get("prompt"), ASKED, "prompt")
        seen.add(example.get("completion"), LEARNED, "completion")
    elif kind is Format.PREFERENCE:
        seen.conversation(example.get("input"), "input.messages")
        seen.marks = [UNLEARNED if mark in LEARNED + CALLED else mark for mark in seen.marks]
        seen.messages(example.get("preferred_output"), "preferred_output")
        answers = len(seen.marks)
        seen.messages(example.get("non_preferred_output"), "non_preferred_output")
        seen.marks[answers:] = UNLEARNED * (len(seen.marks) - answers)
    elif kind is Format.REINFORCEMENT:
        seen.conversation(example, "messages")
        # What a grader compares with takes the place of the answer: two lines that differ in it contradict each other.
        graded = {key: value for key, value in example.items() if key not in CHAT_KEYS}
        seen.marks = [UNLEARNED if mark in LEARNED + CALLED else mark for mark in seen.marks]
        seen.add(_encoded(graded), CALLED, next(iter(graded)) if len(graded) == 1 else "")
    else:
        seen.conversation(example, "messages")
    return Talk(seen.texts, "".join(seen.marks), seen.paths, "\n".join(seen.attached))


class _Seen:
    """What was read of an object so far."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.marks: list[str] = []
        self.paths: list[str] = []
        self.attached: list[str] = []

    def add(self, text: Any, mark: str, path: str) -> None:
        if isinstance(text, str) and text:
            self.texts.append(text)
            self.marks.append(mark)
            self.paths.append(path)

    def conversation(self, holder: Any, path: str) -> None:
        if isinstance(holder, dict):
            self.messages(holder.get("messages"), path)
            self.attached += [_encoded(holder[key]) for key in ("tools", "functions") if key in holder]

    def messages(self, messages: Any, path: str) -> None:
        for index, message in enumerate(messages if isinstance(messages, list) else ()):
            if isinstance(message, dict) and isinstance(message.get("role"), str):
                self._message(message, message["role"], f"{path}[{index}]")

    def _message(self, message: dict[str, Any], role: str, path: str) -> None:
        said = self._content(message.get("content"))
        said += [message["refusal"]] if isinstance(message.get("refusal"), str) else []
        calls = _calls(message)
        mark = _MARKS.get(role, "")
        if role == "assistant":
            weight = message.get("weight", message.get("loss_weight"))
            unlearned = isinstance(weight, int | float) and weight == 0
            mark = UNLEARNED if unlearned else LEARNED if said or not calls else CALLED
        if mark:
            self.add("\n".join(said + calls), mark, f"{path}.content" if said else path)
        if isinstance(message.get("name"), str):
            self.attached.append(message["name"])

    def _content(self, content: Any) -> list[str]:
        if isinstance(content, str):
            return [content] if content else []
        said: list[str] = []
        for part in content if isinstance(content, list) else ():
            if not isinstance(part, dict):
                continue
            # Published files say "value" for "text". That is an error, and no reason not to read it.
            text = next((part[key] for key in ("text", "value", "refusal") if isinstance(part.get(key), str)), "")
            said += [text] if text else []
            if "image_url" in part:
                self.attached.append(_encoded(part["image_url"]))
        return said


def _calls(message: dict[str, Any]) -> list[str]:
    """Return name and arguments of what a message calls. Their ids say nothing: each call has another."""
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in (calls if isinstance(calls, list) else ()) if isinstance(call, dict)]
    functions.append(message.get("function_call"))
    return [
        f"{function.get('name')} {function.get('arguments')}" for function in functions if isinstance(function, dict)
    ]


def _encoded(value: Any) -> str:
    """Return a value of JSON as one text, the same whatever the order of its keys."""
    try:
        return json.dumps(value, sort_keys=True)
    except (RecursionError, ValueError):
        return "(too deep or too large)"


def holds(text: AnyStr, words: tuple[AnyStr, ...]) -> bool:
    """Whether a text has one of these in it. A loop: twice as fast as `any`, and asked a dozen times an example."""
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def places_of(word: AnyStr, text: AnyStr) -> Iterator[int]:
    """Yield each place where a word stands in a text."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)
