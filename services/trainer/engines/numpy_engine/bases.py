"""Learn a base from the text that ships with the engine, once for each encoding and form, and keep its weights."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

import tiktoken

from services.trainer.engines.engine import Resolved, Saved, Start, Step, TrainSpec
from services.trainer.engines.numpy_engine import plan, training
from services.trainer.engines.numpy_engine.weights import Weights
from services.trainer.examples import Example, Form, Turn, read

#: Short conversations of our own, in the format of any training file.
TEXT = Path(__file__).with_name("base_text.jsonl")
SEED = 1
#: Longer than any example of the text.
TOKENS_PER_EXAMPLE = 4096
#: A completion base reads each conversation cut after every so many words, and goes on from wherever a prompt stops.
#: More cuts would cost more than the half second that a first answer may wait for them.
WORDS_BETWEEN_CUTS = 8
#: How the folders are called in which bases are learned.
UNFINISHED = "learning-"


class Unheard:
    """An observer for a training that nobody watches."""

    def planned(self, resolved: Resolved) -> None: ...
    def stepped(self, step: Step) -> None: ...
    def saved(self, saved: Saved) -> None: ...


def kept(encoding: tiktoken.Encoding, form: Form, folder: Path) -> Path:
    """Return the file of the base's weights in `folder`, learned now if it is missing or damaged.

    It is trained as a job with default settings is, on no weights; the bytes are the same each time, so that two
    processes may do it at once. Weights of a former text or engine are removed.
    """
    path = folder / f"{form}-{encoding.name}-{version()}.npz"
    if not _can_be_read(path):
        folder.mkdir(parents=True, exist_ok=True)
        _learn(encoding, form, path)
        for former in folder.glob(f"{form}-{encoding.name}-*.npz"):
            if former != path:
                former.unlink(missing_ok=True)
    return path


def tidy(folder: Path) -> None:
    """Remove the folders that learning leaves behind when it is killed; only while no process learns in `folder`."""
    for left in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


@cache
def version() -> str:
    """Return a hash of the text and of the engine, which is its source: no number that could be forgotten."""
    said = blake2b(digest_size=8)
    for path in (TEXT, *sorted(TEXT.parent.glob("*.py"))):
        said.update(path.read_bytes())
    return said.hexdigest()


def examples(form: Form) -> Iterator[Example]:
    """Yield what a base of this form learns from: the conversations, or plain text with its continuation."""
    conversations = read(TEXT, frozenset({"chat"}), "the base")
    if form == "chat":
        yield from conversations
        return
    for conversation in conversations:
        text = "\n".join(turn.text for turn in conversation.turns)
        for cut in _cuts(text, len(conversation.turns[0].text)):
            yield Example((Turn("user", text[:cut]), Turn("assistant", text[cut:], 1.0)), "completion")


def _cuts(text: str, question: int) -> list[int]:
    ends = [word.end() for word in re.finditer(r"\S+", text)]
    return sorted({question, *ends[WORDS_BETWEEN_CUTS - 1 : -1 : WORDS_BETWEEN_CUTS]})


def _can_be_read(path: Path) -> bool:
    try:
        Weights.read(path)
    except Exception:  # noqa: BLE001 (whatever is wrong with the file, learning anew puts it right)
        return False
    return True


def _learn(encoding: tiktoken.Encoding, form: Form, path: Path) -> None:
    spec = TrainSpec(encoding.name, TOKENS_PER_EXAMPLE, SEED)
    made = plan.make(spec, list(examples(form)), (), encoding)
    # A folder of its own for each process that learns; the move is whole or not at all.
    with TemporaryDirectory(prefix=UNFINISHED, dir=path.parent) as aside:
        learned = training.run(made, encoding, Start(), Path(aside), Unheard())
        weights = Weights.read(learned)
        replace(weights, words=weights.words.receded()).save(learned)
        learned.replace(path)
