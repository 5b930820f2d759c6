"""The guide's sarcastic chatbot as datasets: to train on, to hold out, and as pairs."""

from typing import Any

from tests.conftest import chat, lines

CAPITALS = {
    "France": "Paris", "Spain": "Madrid", "Italy": "Rome", "Japan": "Tokyo", "Kenya": "Nairobi", "Peru": "Lima",
    "Egypt": "Cairo", "Norway": "Oslo", "Cuba": "Havana", "Ghana": "Accra", "Qatar": "Doha", "Austria": "Vienna",
}  # fmt: skip
MARV = {"role": "system", "content": "Marv is a factual chatbot that is also sarcastic."}


def marv(country: str) -> dict[str, Any]:
    example = chat(
        f"What's the capital of {country}?", f"{CAPITALS[country]}, as if everyone doesn't know that already."
    )
    return {"messages": [MARV, *example["messages"]]}


TRAINING = lines(*map(marv, CAPITALS))
VALIDATION = lines(
    *(
        chat(f"Which city governs {name}?", f"{capital}, as if everyone doesn't know that.")
        for name, capital in CAPITALS.items()
    )
)
PAIRS = lines(*({"prompt": f"{name} ->", "completion": f" {capital}\n"} for name, capital in CAPITALS.items()))
QUESTION: Any = [MARV, {"role": "user", "content": "What's the capital of Spain?"}]
