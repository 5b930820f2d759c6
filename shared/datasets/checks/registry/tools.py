"""Codes of tools, calls and legacy functions"""

from shared.datasets.checks.registry.entry import SHAPELESS, Code, E, I, W

ROWS = (
    Code(
        "tool_calls_invalid",
        E,
        '"tool_calls" is an array of {"id", "type": "function", "function": {"name", "arguments"}}.',
        "Complete the call.",
        "OpenAI API, ChatCompletionMessageToolCalls",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [{"type": '
            b'"function", "function": {"name": "f", "arguments": "{}"}}]}]}'
        ),
        fixed=SHAPELESS,
    ),
    Code(
        "function_name_invalid",
        E,
        "A function's name has 1 to 64 letters, digits, underscores and dashes.",
        "Rename the function.",
        "OpenAI API, FunctionObject",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [{"id": "c'
            b'1", "type": "function", "function": {"name": "get weather", "arguments": "{}"}}]}]}'
        ),
        fixed=SHAPELESS,
    ),
    Code(
        "arguments_invalid",
        E,
        '"arguments" is a string that holds a JSON object.',
        "Encode the arguments once: json.dumps(arguments).",
        "OpenAI API, ChatCompletionMessageToolCall",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [{"id": "c'
            b'1", "type": "function", "function": {"name": "f", "arguments": {"city": "Rome"}}}]}]}'
        ),
        fixed=SHAPELESS,
    ),
    Code(
        "tool_call_id_invalid",
        E,
        'A tool message has the "tool_call_id" of a call before it.',
        "Give the id of the call that it answers.",
        "OpenAI API, ChatCompletionRequestToolMessage",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "tool", "tool_call_id": "c9", "conten'
            b't": "22"}, {"role": "assistant", "content": "Hello"}]}'
        ),
    ),
    Code(
        "tool_call_unanswered",
        W,
        "A call is answered by a tool message before the next turn; the last message may end with a call.",
        'Add the message from "tool", or remove the call.',
        "OpenAI API, function calling guide",
    ),
    Code(
        "tool_not_declared",
        W,
        "A tool that is called is declared in the example.",
        'Add it to "tools": the model sees only what is declared.',
        "OpenAI, supervised fine-tuning guide",
        once=True,
    ),
    Code(
        "tools_invalid",
        E,
        '"tools" is an array of {"type": "function", "function": {"name", "description"?, "parameters"?, "strict"?}}.',
        "Declare each tool in that shape.",
        "OpenAI API, ChatCompletionTool",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "t'
            b'ools": "[]"}'
        ),
        fixed=SHAPELESS,
    ),
    Code(
        "parallel_tool_calls_invalid",
        E,
        '"parallel_tool_calls" is true or false.',
        "Write a boolean, or leave it out.",
        "OpenAI API, FineTuneChatRequestInput",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "p'
            b'arallel_tool_calls": 1}'
        ),
    ),
    Code(
        "functions_invalid",
        E,
        '"functions" is an array of 1 to 128 function objects; "function_call" has name and arguments.',
        "Use tools and tool_calls.",
        "OpenAI API, ChatCompletionFunctions",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "f'
            b'unctions": []}'
        ),
        fixed=SHAPELESS,
    ),
    Code(
        "functions_legacy",
        W,
        '"functions", "function_call" and the role function are deprecated.',
        "Use tools, tool_calls and the role tool.",
        "OpenAI API, FineTuneChatRequestInput",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "function_call": {"name"'
            b': "f", "arguments": "{}"}}]}'
        ),
        once=True,
    ),
    Code(
        "tokens_estimated",
        I,
        "How tools and their calls are laid out for the model is not published; their tokens are an estimate.",
        "Nothing need be done.",
        "OpenAI cookbook, How to count tokens",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [{"id": "c'
            b'1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]}'
        ),
        once=True,
    ),
)
