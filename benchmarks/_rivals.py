"""What a check is held against, written plainly: the bare tokenizer, the cookbook's algorithm, a check of JSON"""

import json
import multiprocessing
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken

from shared.tokenizer import counting
from shared.tokenizer.vocabulary import TABLES

_ROLES = {"system", "user", "assistant", "function", "tool"}


def texts(path: Path, share: int = 0, of: int = 1) -> list[str]:
    """Return every text that the tokenizer would be given, of one line in `of`."""
    found = []
    with path.open("rb") as stream:
        for number, line in enumerate(stream):
            if number % of != share:
                continue
            for message in json.loads(line)["messages"]:
                if message.get("content"):
                    found.append(message["content"])
                found += [call["function"]["arguments"] for call in message.get("tool_calls") or ()]
    return found


def tokenizer() -> tiktoken.Encoding:
    """Return tiktoken's encoding as its users have it: ours moves its tables into large pages."""
    os.environ["TIKTOKEN_CACHE_DIR"] = str(TABLES)
    return tiktoken.get_encoding("o200k_base")


def bare(path: Path, processes: int, *, fast: bool) -> tuple[float, float]:
    """Return the seconds, and CPU seconds, that the tokenizer alone takes for the texts, shared out and in memory."""
    context = multiprocessing.get_context("fork")
    begin, results = context.Barrier(processes + 1), context.SimpleQueue()
    count = counting.Counter("o200k_base", fast=True).count if fast else tokenizer().encode_ordinary

    def work(share: int) -> None:
        mine = texts(path, share, processes)
        begin.wait()
        before = time.process_time()
        for text in mine:
            count(text)
        results.put((time.perf_counter(), time.process_time() - before))

    workers = [context.Process(target=work, args=(share,)) for share in range(processes)]
    for worker in workers:
        worker.start()
    begin.wait()
    begun = time.perf_counter()
    told = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return max(ended for ended, _ in told) - begun, sum(cpu for _, cpu in told)


def cookbook(path: Path) -> None:
    """Do what OpenAI's notebook does: load all, look for errors of form, count each message, and the answers again."""
    encode = tokenizer().encode
    examples = [json.loads(line) for line in path.open(encoding="utf-8")]
    errors = Counter(error for example in examples for error in _errors_of_form(example))
    totals = [_tokens(example["messages"], encode) for example in examples]
    learned = [
        sum(len(encode(m["content"], disallowed_special=())) for m in example["messages"] if m["role"] == "assistant")
        for example in examples
    ]
    turns = [len(example["messages"]) for example in examples]
    for values in (totals, learned, turns):
        _ = np.quantile(values, [0.05, 0.95]), np.mean(values), np.median(values), min(values), max(values)
    assert not errors


def _errors_of_form(example: Any) -> list[str]:
    found = []
    messages = example.get("messages") if isinstance(example, dict) else None
    if not messages:
        return ["missing_messages_list"]
    for message in messages:
        if "role" not in message or "content" not in message:
            found.append("message_missing_key")
        if any(key not in ("role", "content", "name", "function_call", "weight") for key in message):
            found.append("message_unrecognized_key")
        if message.get("role") not in _ROLES:
            found.append("unrecognized_role")
        if not message.get("content") or not isinstance(message["content"], str):
            found.append("missing_content")
    if not any(message.get("role") == "assistant" for message in messages):
        found.append("example_missing_assistant_message")
    return found


def _tokens(messages: list[dict[str, str]], encode: Any) -> int:
    total = 3
    for message in messages:
        total += 3
        for key, value in message.items():
            total += len(encode(value, disallowed_special=())) + (1 if key == "name" else 0)
    return total


def objects(path: Path) -> None:
    """See whether every line is an object with messages that have a role and a text; stop at the first that is not.

    Stands in for Together's `check_file`, which looks at more and takes half as long again, where that is missing.
    """
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            value = json.loads(line)
            assert isinstance(value["messages"], list), number
            for message in value["messages"]:
                assert message["role"] in _ROLES, number
                assert isinstance(message["content"], str), number
