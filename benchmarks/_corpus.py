"""Generate conversations as people have them: of many lengths and languages, with code, tables, escapes and tools"""

import json
import random
from collections.abc import Iterator
from typing import Any

_ENGLISH = """
the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not what
all were we when your can said there use an each which she do how their if will up other about out many then them these
so some her would make like him into time has look two more write go see number no way could people my than first water
been call who oil its now find long down day did get come made may part invoice refund delivery subscription customer
account configuration unfortunately however because therefore approximately temperature development environment between
question answer important different through thought following example including government university international
performance relationship understanding particular responsibility available experience community management information
please thanks sorry maybe perhaps always never quickly slowly carefully actually basically certainly definitely possible
""".split()  # noqa: SIM905 (as a list of strings it would fill a page)
_LANGUAGES = [
    text.split()
    for text in (
        """und der die das nicht ist ein eine mit für auf sich dem auch wie Größe Straße Rechnung Lieferung möglich
    zwischen natürlich Entschuldigung Vertragsverlängerung bitte können müssen Überweisung wahrscheinlich""",
        """le la les des est dans pour que qui une avec être où déjà élève château garçon aujourd'hui l'été peut-être
    très après commande livraison remboursement naïve bientôt""",
        """el la los que por para con está niño mañana señor también información dirección más después envío factura
    corazón fácil según""",
        """и в не на что быть с он как это по но они мы из у который счёт доставка возврат пожалуйста здравствуйте ваш
    заказ отправлен сегодня информация""",
        """في من على إلى هذا التي مع كان عن أن بعد الطلب الفاتورة شكرا مرحبا اليوم معلومات الشحن""",
    )
]
_HAN = (
    "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生"
    "自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与"
    "好看学进种将还分此心前面又定见只主没公从"
)
_KANA = "これはそのことをしたとでいるのにがもなどからまでですますありがとうございますデータモデルテ"
_CODE = (
    'def {a}_{b}({c}: int, {d}: str = "{a}") -> None:\n    for {c} in range({n}):\n        self.{a} = {d}  # {b}\n',
    "SELECT {a}, COUNT(*) AS {b}\nFROM {c}\nWHERE {d} >= {n}\nGROUP BY {a}\nORDER BY {b} DESC;\n",
    "const {a} = async ({b}) => {{\n\tconst {c} = await fetch(`https://{d}.example/{n}`);\n\treturn {c}.json();\n}};\n",
    '<div class="{a}-{b}"><a href="/{c}/{n}?{d}=1">{d}</a></div>\n',
    '{{"{a}": {n}, "{b}": ["{c}", "{d}"], "ok": true}}\n',
)
_ASIDES = ("**{a}**", "`{a}_{b}`", "https://{a}.example/{b}/{n}", "{n}.{n} %", "${n}", "2026-11-{n}", "😀", "“{a}”")
_SYSTEM = ("You answer customers briefly and kindly.", "You are careful. Answer in the language of the question.")
_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"{what}.",
            "parameters": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "description": "The identifier, as the customer wrote it."},
                    "unit": {"type": "string", "enum": ["day", "week", "month"]},
                    "limit": {"type": "integer", "minimum": 1, "description": "How many at most"},
                },
                "required": ["id"],
            },
        },
    }
    for name, what in (("find_order", "Find an order"), ("get_weather", "Tell the weather"), ("refund", "Pay back"))
]


class Corpus:
    """Text that comes out the same for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (text for a measurement)
        self._weights = [1 / (rank + 3) for rank in range(len(_ENGLISH))]

    def lines(self, size: int, *, tools: float = 0.0) -> Iterator[str]:
        """Yield lines until `size` bytes; this share of them has tools, calls and their answers."""
        done = 0
        while done < size:
            example = self._with_tools() if self._chance.random() < tools else {"messages": self._turns()}
            line = json.dumps(example, ensure_ascii=self._chance.random() < 0.7) + "\n"
            done += len(line.encode())
            yield line

    def _turns(self) -> list[dict[str, Any]]:
        chance = self._chance
        turns = [{"role": "system", "content": chance.choice(_SYSTEM)}] if chance.random() < 0.35 else []
        for _ in range(chance.choice((1, 1, 1, 1, 2, 3))):
            turns += [
                {"role": "user", "content": self._text(chance.randint(8, 120))},
                {"role": "assistant", "content": self._text(int(chance.lognormvariate(5, 0.8)) + 5)},
            ]
        return turns

    def _with_tools(self) -> dict[str, Any]:
        chance = self._chance
        function = chance.choice(_TOOLS)["function"]
        arguments = {"id": f"A-{chance.randint(1, 99999)}", "limit": chance.randint(1, 9)}
        call = {"name": function["name"], "arguments": json.dumps(arguments)}  # type: ignore[index]
        call_id = f"call_{chance.getrandbits(64):016x}"
        turns: list[dict[str, Any]] = [
            {"role": "user", "content": self._text(chance.randint(8, 60))},
            {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": call}]},
            {"role": "tool", "tool_call_id": call_id, "content": json.dumps({"found": self._text(20)})},
            {"role": "assistant", "content": self._text(chance.randint(20, 200))},
        ]
        return {"messages": turns, "tools": _TOOLS}

    def _text(self, words: int) -> str:
        """Return about so many words: prose in some language, with code and lists between."""
        kind = self._chance.random()
        if kind < 0.12:
            return self._han(words * 2)
        vocabulary = _ENGLISH if kind < 0.75 else self._chance.choice(_LANGUAGES)
        pieces = []
        while words > 0:
            length = min(words, self._chance.randint(5, 25))
            pieces.append(self._sentence(vocabulary, length) if self._chance.random() < 0.85 else self._code())
            words -= length
        return "".join(pieces).strip()

    def _sentence(self, vocabulary: list[str], length: int) -> str:
        chance = self._chance
        weights = self._weights if vocabulary is _ENGLISH else None
        words = chance.choices(vocabulary, weights, k=length)
        words[0] = words[0].capitalize()
        if chance.random() < 0.4:
            words[chance.randrange(length)] = self._filled(chance.choice(_ASIDES))
        if length > 8:
            words[length // 2] += ","
        return " ".join(words) + chance.choice((". ", ". ", "? ", "!\n", ".\n\n", ":\n- "))

    def _code(self) -> str:
        return "```\n" + self._filled(self._chance.choice(_CODE)) + "```\n"

    def _filled(self, form: str) -> str:
        chance = self._chance
        names = dict(zip("abcd", chance.choices(_ENGLISH, k=4), strict=True))
        return form.format(n=chance.randint(1, 99999), **names)

    def _han(self, length: int) -> str:
        alphabet = _HAN if self._chance.random() < 0.6 else _KANA
        runs = ["".join(self._chance.choices(alphabet, k=self._chance.randint(5, 25))) for _ in range(length // 15 + 1)]
        return "，".join(runs) + "。"
