"""The catalogue's file: every row as it must be, every way to spoil one."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from shared.catalogue import PACKAGED, BaseModel, CatalogueError, all_bases, load
from shared.tokenizer import NAMES

WIND_DOWN, END = date(2027, 1, 6), date(2027, 1, 14)
AUTUMN, PAIRS_END, LEGACY_END = date(2026, 10, 23), date(2024, 10, 28), date(2024, 1, 4)
CHAT, BOTH, PAIRS = {"chat"}, {"chat", "preference"}, {"completion"}

# name, formats, tokens, encoding, train, input, cached, output, training ends, shutdown
ROWS = [
    ("gpt-4.1-2025-04-14", BOTH, 65536, "o200k_base", "25.00", "3.00", "0.75", "12.00", WIND_DOWN, END),
    ("gpt-4.1-mini-2025-04-14", BOTH, 65536, "o200k_base", "5.00", "0.80", "0.20", "3.20", WIND_DOWN, END),
    ("gpt-4.1-nano-2025-04-14", BOTH, 65536, "o200k_base", "1.50", "0.20", "0.05", "0.80", AUTUMN, AUTUMN),
    ("gpt-4o-2024-08-06", BOTH, 65536, "o200k_base", "25.00", "3.75", "1.875", "15.00", WIND_DOWN, END),
    ("gpt-4o-mini-2024-07-18", BOTH, 65536, "o200k_base", "3.00", "0.30", "0.15", "1.20", WIND_DOWN, END),
    ("o4-mini-2025-04-16", {"reinforcement"}, 65536, "o200k_base", None, "4.00", "1.00", "16.00", AUTUMN, AUTUMN),
    ("gpt-3.5-turbo-0125", CHAT, 16385, "cl100k_base", "8.00", "3.00", None, "6.00", AUTUMN, AUTUMN),
    ("gpt-3.5-turbo-1106", CHAT, 16385, "cl100k_base", "8.00", "3.00", None, "6.00", AUTUMN, AUTUMN),
    ("gpt-3.5-turbo-0613", CHAT, 4096, "cl100k_base", "8.00", "3.00", None, "6.00", date(2024, 9, 13), AUTUMN),
    ("gpt-4-0613", CHAT, 8192, "cl100k_base", "90.00", "30.00", None, "60.00", AUTUMN, AUTUMN),
    ("davinci-002", PAIRS, 16384, "cl100k_base", "6.00", "12.00", None, "12.00", PAIRS_END, AUTUMN),
    ("babbage-002", PAIRS, 16384, "cl100k_base", "0.40", "1.60", None, "1.60", PAIRS_END, AUTUMN),
    ("ada", PAIRS, 2048, "r50k_base", "0.40", "1.60", None, "1.60", LEGACY_END, LEGACY_END),
    ("babbage", PAIRS, 2048, "r50k_base", "0.60", "2.40", None, "2.40", LEGACY_END, LEGACY_END),
    ("curie", PAIRS, 2048, "r50k_base", "3.00", "12.00", None, "12.00", LEGACY_END, LEGACY_END),
    ("davinci", PAIRS, 2048, "r50k_base", "30.00", "120.00", None, "120.00", LEGACY_END, LEGACY_END),
]

GOOD = """
[[model]]
name = "m"
formats = ["chat"]
methods = ["supervised"]
tokens_per_example = 100
encoding = "o200k_base"
train_price = 3.00
input_price = 1.00
output_price = 2.00
price_date = 2026-01-01
price_source = "https://prices.example"
"""


def _seen(base: BaseModel) -> tuple[object, ...]:
    prices = (base.train_price, base.input_price, base.cached_input_price, base.output_price)
    words = (None if price is None else str(price) for price in prices)
    dates = (base.training_ends, base.shutdown_date)
    return (base.name, set(base.formats), base.tokens_per_example, base.encoding, *words, *dates)


def test_the_catalogue_is_this_table() -> None:
    assert [_seen(base) for base in all_bases()] == ROWS


def test_every_encoding_of_the_catalogue_has_its_table_in_the_package() -> None:
    assert {base.encoding for base in all_bases()} <= set(NAMES)


def test_only_one_base_sees_images_and_only_one_is_billed_by_the_hour() -> None:
    assert [base.name for base in all_bases() if base.vision] == ["gpt-4o-2024-08-06"]
    hourly = [(base.name, base.train_price_per_hour) for base in all_bases() if base.train_price is None]
    assert hourly == [("o4-mini-2025-04-16", Decimal("100.00"))]


def test_every_price_has_its_day_and_its_source() -> None:
    assert all(base.price_date >= date(2026, 1, 1) and base.price_source for base in all_bases())


def test_a_price_keeps_the_digits_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(GOOD.replace("3.00", "0.1000000000000000000001"))
    assert load(path)[0].train_price == Decimal("0.1000000000000000000001")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tokens_per_example = 100", 'tokens_per_example = "100"', r"model 1 \('m'\).*tokens_per_example"),
        ("tokens_per_example = 100", "tokens_per_example = 0", "tokens_per_example must be positive; found 0"),
        ("tokens_per_example = 100\n", "", "missing required field `tokens_per_example`"),
        ("train_price = 3.00", "train_price = 3", "train_price must be a decimal such as 3.00"),
        ("train_price = 3.00", 'train_price = "3.00"', "train_price must be a decimal"),
        ("train_price = 3.00", "train_price = nan", "train_price must be a decimal"),
        ("train_price = 3.00", "train_price = -1.00", "train_price must be a decimal"),
        ("train_price = 3.00\n", "", "train_price must stand, or train_price_per_hour"),
        ('["chat"]', '["chatt"]', r"Invalid enum value 'chatt' - at `\$.formats"),
        ('["chat"]', "[]", "formats and methods must each name at least one"),
        ("o200k_base", "p50k_base", r"Invalid enum value 'p50k_base' - at `\$.encoding"),
        ("2026-01-01", '"soon"', r"price_date"),
        ('name = "m"', 'name = "ft:m"', "without a colon"),
        ('name = "m"', 'name = "m"\nvison = true', "unknown field 'vison'"),
        ('name = "m"', 'name = "m"\naliases = ["m"]', "'m' is a name or an alias 2 times"),
        ("[[model]]", "[[models]]", r"expected \[\[model\]\] tables"),
        ("[[model]]", "[[model]", "cannot be read as a catalogue"),
    ],
)
def test_a_spoiled_row_is_refused_with_its_name_and_its_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "models.toml"
    path.write_text(GOOD)
    load(path)
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(CatalogueError, match=said):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.toml"):
        load(tmp_path / "none.toml")


def test_the_packaged_file_is_the_default() -> None:
    assert load() == load(PACKAGED) == all_bases()
