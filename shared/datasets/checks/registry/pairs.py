"""Codes of prompt/completion and preference lines"""

from shared.datasets.checks.registry.entry import SHAPELESS, Code, E

ROWS = (
    Code(
        "prompt_invalid",
        E,
        '"prompt" is a string.',
        "Give the prompt.",
        "OpenAI API, FineTuneCompletionRequestInput",
        b'{"completion": "b"}',
        fixed=SHAPELESS,
    ),
    Code(
        "completion_invalid",
        E,
        '"completion" is a string that is not empty.',
        "Give what the model should write.",
        "OpenAI API, FineTuneCompletionRequestInput",
        b'{"prompt": "a", "completion": ""}',
        fixed=SHAPELESS,
    ),
    Code(
        "preference_invalid",
        E,
        'A preference example has "input", "preferred_output" and "non_preferred_output".',
        "Name the keys so; each output is an array with one assistant message.",
        "OpenAI, direct preference optimization guide",
        b'{"input": {"messages": []}, "preferred_completion": [], "non_preferred_completion": []}',
        fixed=SHAPELESS,
    ),
)
