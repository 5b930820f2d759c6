"""The rules of images: from whom, how many, how large, and in which form."""

from typing import Any

from shared.datasets.checks.findings import Place
from shared.datasets.checks.wording import shown
from shared.datasets.formats.pictures import decoded, look_at

_KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/jpg": "JPEG", "image/webp": "WEBP"}
_MODES = {"RGB", "RGBA"}
_MOST_BYTES = 10_000_000  #: 10 MB each (OpenAI, vision fine-tuning guide).


def check_image(part: dict[str, Any], role: str, path: str, place: Place) -> None:
    """Add what is wrong with a part of type `image_url`."""
    if place.images == 0:
        said = "the dataset has images: their tokens are an estimate, and those that show people, faces, children or "
        place.add("has_images", f"{said}CAPTCHAs are skipped by the provider.", path)
    place.images += 1
    if role != "user":
        code = "image_in_assistant" if role == "assistant" else "part_invalid"
        place.add(code, f'images come from "user"; this one comes from "{role}".', path)
    image = part.get("image_url")
    if isinstance(image, str):
        said = '"image_url" must be an object with "url"; it is a string. Write {"url": …}.'
        place.add("image_invalid", said, f"{path}.image_url")
        return
    url = image.get("url") if isinstance(image, dict) else None
    if isinstance(url, str) and url.startswith("data:"):
        _check_data(url, f"{path}.image_url.url", place)
    elif not isinstance(url, str) or not url.startswith(("http://", "https://")):
        said = f'"image_url" needs a "url" that is an http(s) or data:image/ address; it is {shown(url)}.'
        place.add("image_invalid", said, f"{path}.image_url")
    if isinstance(image, dict) and image.get("detail", "auto") not in ("auto", "low", "high"):
        said = f'"detail" must be "auto", "low" or "high"; it is {shown(image["detail"])}.'
        place.add("image_invalid", said, f"{path}.image_url.detail")


def check_number(place: Place) -> None:
    """Add that the example has more images than are taken."""
    most = place.findings.policy.thresholds.images_per_example
    if place.images > most:
        place.add("image_invalid", f"an example has at most {most} images; this one has {place.images}.")


def _check_data(url: str, path: str, place: Place) -> None:
    claimed = url[len("data:") : 40].partition(";")[0].partition(",")[0]
    if claimed not in _KINDS:
        said = f"images are JPEG, PNG or WEBP; this one says it is {shown(claimed)}. Convert it."
        place.add("image_invalid", said, path)
        return
    text = url[url.find(",") + 1 :].rstrip("=")
    if (size := len(text) * 3 // 4) > _MOST_BYTES:
        said = f"an image has at most 10 MB ({_MOST_BYTES:,} bytes); this one has {size:,}. Scale it down."
        place.add("image_invalid", said, path)
        return
    data = decoded(url)
    if data is None:
        place.add("image_invalid", f"after data:{claimed};base64, must stand base64; it is none.", path)
        return
    picture = look_at(data)
    if picture is None or picture.kind not in _KINDS.values():
        found = "no picture that is known" if picture is None else f"a {picture.kind}"
        place.add("image_invalid", f"images are JPEG, PNG or WEBP; the bytes of this one are {found}.", path)
    elif picture.kind != _KINDS[claimed]:
        said = f"the image says it is {claimed}, and its bytes are {picture.kind}. Name it as it is."
        place.add("image_mode", said, path)
    elif picture.mode is not None and picture.mode not in _MODES:
        said = f"images are taken in RGB or RGBA; this one is {picture.mode}, and may be skipped. Convert it."
        place.add("image_mode", said, path)
