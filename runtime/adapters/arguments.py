"""What a binding gives an adapter: how durations and sizes are written, and what a mistake says.

Owns the models' common rules (no unknown key, values as they are written) and the sentence that a
value which does not fit is answered with. A sentence names the place, never the value: it may be
a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

_SIZE = re.compile(r"([0-9]{1,9})\s?(B|KiB|MiB)")
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}
LARGEST = 16 << 20

ModelT = TypeVar("ModelT", bound=BaseModel)


class Given(BaseModel):
    """Something that a binding states; a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def milliseconds(duration: str) -> int:
    """``5m``, ``30 s`` or ``1h30m`` in milliseconds; raises ValueError for what is none."""
    from ...dsl.timing import read_duration

    found = read_duration(duration)
    if not found:
        raise ValueError("is no duration; write it like 30s, 5m or 1h30m")
    return found


def size(text: str) -> int:
    """``64KiB`` in bytes; raises ValueError for what is none, or more than 16 MiB."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or not 1 <= (found := int(match[1]) * _UNITS[match[2]]) <= LARGEST:
        raise ValueError("is no size up to 16MiB; write it like 64KiB")
    return found


def _is_duration(text: str) -> str:
    milliseconds(text)
    return text


def _is_size(text: str) -> str:
    size(text)
    return text


Duration = Annotated[str, AfterValidator(_is_duration)]
Size = Annotated[str, AfterValidator(_is_size)]


class Server(Given):
    """Which server, and with which headers."""

    url: str = Field(min_length=1, description="Its address; may be `env:NAME` or `file:PATH`.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers of every request; `env:` and `file:` allowed."
    )
    timeout: Duration = Field("10s", description="How long a request may take.")


def validated(model: type[ModelT], data: Mapping[str, Any], what: str) -> ModelT:
    """``data`` as a ``model``; raises ValueError with a sentence that begins with ``what``."""
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise ValueError(f"{what}: {'; '.join(sentences(error))}") from None
    except RecursionError:
        raise ValueError(f"{what}: is nested too deeply") from None


def sentences(error: ValidationError) -> list[str]:
    """What is wrong, place by place, without any of the values."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [_sentence(each["loc"], each["type"], each["msg"]) for each in found]


def _sentence(place: tuple[int | str, ...], kind: str, message: str) -> str:
    where = ".".join(str(part) for part in place)
    match kind:
        case "extra_forbidden":
            return f"{where!r} is not known here"
        case "missing":
            return f"{where!r} is missing"
        case "value_error":
            said = message.removeprefix("Value error, ")
            return f"{where!r} {said}" if where else said
        case _:
            return f"{where!r}: {message[:1].lower()}{message[1:]}" if where else message
