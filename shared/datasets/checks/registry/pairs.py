"""Codes of prompt/completion, preference and reinforcement lines"""

from shared.datasets.checks.registry.entry import SHAPELESS, Code, E, I, W

ROWS = (
    Code(
        "prompt_invalid",
        E,
        '"prompt" is a string.',
        "Give the prompt.",
        "OpenAI API, FineTuneCompletionRequestInput",
        fixed=SHAPELESS,
    ),
    Code(
        "completion_invalid",
        E,
        '"completion" is a string that is not empty.',
        "Give what the model should write.",
        "OpenAI API, FineTuneCompletionRequestInput",
        fixed=SHAPELESS,
    ),
    Code(
        "preference_invalid",
        E,
        'A preference example has "input", "preferred_output" and "non_preferred_output".',
        "Name the keys so; each output is an array with one assistant message.",
        "OpenAI, direct preference optimization guide",
        fixed=SHAPELESS,
    ),
    Code(
        "outputs_equal",
        W,
        "The two outputs of a preference pair differ.",
        "Remove the pair, or write a worse answer.",
        "own",
    ),
    Code(
        "system_role",
        I,
        "Reinforcement lines have the role developer where chat has system.",
        "Write developer.",
        "OpenAI API, FineTuneReinforcementRequestInput",
        once=True,
    ),
    Code(
        "answer_given",
        W,
        "A reinforcement line ends with the question; the answer is sampled.",
        "Move the answer to a key of its own, which the grader reads.",
        "Azure OpenAI, reinforcement fine-tuning guide",
    ),
    Code(
        "nothing_to_grade",
        W,
        "A reinforcement line has a key beside messages that the grader compares with.",
        "Add the reference answer.",
        "OpenAI, graders guide",
        once=True,
    ),
)
