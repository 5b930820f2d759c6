"""Codes of the rules of a conversation"""

from shared.datasets.checks.registry.entry import SHAPELESS, TELLS_OF_IMAGES, Code, E, I, W

ROWS = (
    Code(
        "unknown_key",
        E,
        "An example and its messages have only the keys of their format.",
        "Remove the key, or check its spelling.",
        "OpenAI cookbook, message_unrecognized_key",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "los'
            b's_weight": 1}]}'
        ),
    ),
    Code(
        "messages_invalid",
        E,
        '"messages" is an array with at least one message.',
        "Give the conversation.",
        "OpenAI API, FineTuneChatRequestInput",
        b'{"messages": []}',
        fixed=SHAPELESS,
    ),
    Code(
        "message_not_an_object",
        E,
        "A message is an object.",
        'Write {"role": …, "content": …}.',
        "OpenAI cookbook, message_missing_key",
        b'{"messages": ["Hi", {"role": "assistant", "content": "Hello"}]}',
        fixed=SHAPELESS,
    ),
    Code(
        "role_missing",
        E,
        'Every message has a "role".',
        "Say who speaks.",
        "OpenAI API, FineTuneChatRequestInput",
        b'{"messages": [{"content": "Hi"}, {"role": "assistant", "content": "Hello"}]}',
        fixed=SHAPELESS,
    ),
    Code(
        "role_unknown",
        E,
        "A role is system, developer, user, assistant, tool or function.",
        "Rename it: a human or customer is user, a bot or gpt is assistant.",
        "OpenAI cookbook, unrecognized_role",
        b'{"messages": [{"role": "human", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}',
        fixed=SHAPELESS,
    ),
    Code(
        "name_invalid",
        E,
        '"name" is a string.',
        "Write a string, or leave it out.",
        "OpenAI API, FineTuneChatRequestInput",
        b'{"messages": [{"role": "user", "content": "Hi", "name": 7}, {"role": "assistant", "content": "Hello"}]}',
        fixed=SHAPELESS,
    ),
    Code(
        "content_missing",
        E,
        "Every message has content; only an assistant that calls a tool or refuses may go without.",
        "Write the text.",
        "OpenAI cookbook, missing_content",
        b'{"messages": [{"role": "user"}, {"role": "assistant", "content": "Hello"}]}',
    ),
    Code(
        "content_wrong_type",
        E,
        "Content is a string or an array of parts.",
        "Write a string.",
        "OpenAI API, FineTuneChatRequestInput",
        b'{"messages": [{"role": "user", "content": 7}, {"role": "assistant", "content": "Hello"}]}',
        fixed=SHAPELESS,
    ),
    Code(
        "content_empty",
        E,
        "Content is not empty, but for the answer of a tool.",
        "Write the text, or remove the message.",
        "OpenAI cookbook, missing_content",
        b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}]}',
    ),
    Code(
        "part_invalid",
        E,
        'A part is {"type": "text", "text": …} or, from the user, {"type": "image_url", "image_url": {"url": …}}.',
        "Name the keys as the API does.",
        "OpenAI API, ChatCompletionRequestMessageContentPart",
        (
            b'{"messages": [{"role": "user", "content": [{"type": "text", "value": "Hi"}]}, {"role": "assista'
            b'nt", "content": "Hello"}]}'
        ),
        fixed=SHAPELESS,
    ),
    Code(
        "image_invalid",
        E,
        "An image is an http(s) address or base64 of a JPEG, PNG or WEBP up to 10 MB; an example has at most 10.",
        "Give the address, or fewer images.",
        "OpenAI, vision fine-tuning guide",
        (
            b'{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "cat.png"'
            b'}}]}, {"role": "assistant", "content": "Hello"}]}'
        ),
    ),
    Code(
        "weight_invalid",
        E,
        '"weight" is the number 0 or 1.',
        "Write 0 to leave a message out of training, 1 (or nothing) to learn it.",
        "OpenAI API, FineTuneChatCompletionRequestAssistantMessage",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "wei'
            b'ght": 0.5}]}'
        ),
    ),
    Code(
        "weight_not_on_assistant",
        E,
        '"weight" stands on assistant messages only; no other is learned.',
        "Remove it.",
        "OpenAI API, FineTuneChatCompletionRequestAssistantMessage",
        b'{"messages": [{"role": "user", "content": "Hi", "weight": 1}, {"role": "assistant", "content": "Hello"}]}',
    ),
    Code(
        "all_weights_zero",
        E,
        "At least one assistant message is learned.",
        "Set one weight to 1, or remove the example.",
        "own",
        b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 0}]}',
    ),
    Code(
        "no_assistant",
        E,
        "An example has at least one assistant message: it is what the model learns.",
        "Add the answer.",
        "OpenAI cookbook, example_missing_assistant_message",
        b'{"messages": [{"role": "user", "content": "Hi"}]}',
    ),
    Code(
        "last_not_assistant",
        E,
        "The last message comes from the assistant.",
        "Add the answer, or remove what follows the last one.",
        "common practice of providers",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"r'
            b'ole": "user", "content": "Hi"}]}'
        ),
    ),
    Code(
        "assistant_twice",
        I,
        "Two assistant messages do not follow each other.",
        "Make them one message, or add what lies between. Azure refuses them beside tools.",
        "Azure OpenAI, as reported by users",
        once=True,
    ),
    Code(
        "no_user",
        I,
        "Somebody asks: a message comes from the user.",
        "Add the question, unless the model is meant to speak unasked.",
        "OpenAI cookbook, examples missing a user message",
        once=True,
    ),
    Code(
        "developer_role",
        W,
        "The role developer is documented for reinforcement fine-tuning only.",
        "Write system.",
        "OpenAI API, FineTuneReinforcementRequestInput",
        (
            b'{"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"},'
            b' {"role": "assistant", "content": "Hello"}]}'
        ),
        once=True,
    ),
    Code(
        "image_in_assistant",
        E,
        "Images come from the user.",
        "Remove the image, or move it to the user's message.",
        "OpenAI, vision fine-tuning guide",
        (
            b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "im'
            b'age_url", "image_url": {"url": "https://a.example/b.png"}}]}]}'
        ),
    ),
    Code(
        "image_mode",
        W,
        "An image is RGB or RGBA, and its bytes are what its address says.",
        "Convert the image, or name its type as it is. Providers skip such images silently.",
        "OpenAI, vision fine-tuning guide",
    ),
    Code(
        "has_images",
        I,
        "The tokens of images are an estimate, by detail and size; `count` is the examples that have some.",
        "Nothing need be done.",
        "OpenAI, vision fine-tuning guide",
        (
            b'{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://'
            b'a.example/b.png"}}]}, {"role": "assistant", "content": "Hello"}]}'
        ),
        once=True,
        fixed=TELLS_OF_IMAGES,
    ),
)
