"""Count a word of any length, a stretch at a time"""

import tiktoken

_STRETCH = 100_000  # bytes; what merging costs grows faster than the stretch
#: How many places are tried to join two stretches at, before the word is taken whole.
_TRIES = 64


def count_run(text: str, encoding: tiktoken.Encoding, stretch: int = _STRETCH) -> int:
    """Return the number of tokens of one word.

    A sequence of tokens is the encoding of its text if each two neighbours are the encoding of theirs (GitHub, "So many
    tokens, so little time", 2024). Within a stretch they are; so two stretches may be joined wherever the last token of
    the one and the first of the other are.
    """
    word = text.encode()
    encode, length = encoding._encode_single_piece, encoding.decode_single_token_bytes  # noqa: SLF001
    total, at = 0, 0
    tokens = encode(word[:stretch])
    while at + stretch < len(word):
        end = at + stretch
        for _ in range(min(_TRIES, len(tokens) - 1)):
            following = encode(word[end : end + stretch])
            if encode(length(tokens[-1]) + length(following[0])) == [tokens[-1], following[0]]:
                break
            end -= len(length(tokens.pop()))
        else:
            return len(encode(word))
        total += len(tokens)
        tokens, at = following, end
    return total + len(tokens)
