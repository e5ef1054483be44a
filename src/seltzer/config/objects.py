"""The objects of an application that name a database: DB_* attributes, URLs of SQLAlchemy and Pydantic."""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, cast

from seltzer.config.forms import Parameters, checked, read_sqlalchemy_url

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTRIBUTES = {"dbname": "DB_NAME", "user": "DB_USER", "password": "DB_PASSWORD", "host": "DB_HOST", "port": "DB_PORT"}
_TEXT_METHODS = ("get_secret_value", "unicode_string")  # Pydantic's SecretStr, and its URLs


def read_object(value: object) -> str | Parameters | None:
    """What an object of the application says of its database; a callable is called.

    Returns:
        A text that is still to be read, parameters, or None for an object that names no database. Whatever the
        application's code raises is passed on.
    """
    if _has_attributes(value):
        return _from_attributes(value)
    if callable(value):
        value = cast("Callable[[], object]", value)()
    if isinstance(value, CoroutineType):
        cast("CoroutineType[object, object, object]", value).close()
        return None
    return _from_attributes(value) if _has_attributes(value) else _from_text(value)


def unusable(value: object) -> str:
    """The attributes that keep an object's other ones from naming a database, by name."""
    port = getattr(value, "DB_PORT", None) if _has_attributes(value) else None
    named = any(getattr(value, name, None) for name in ("DB_NAME", "DB_HOST"))
    return "DB_PORT" if named and checked({"port": _plain(port)}) is None else "DB_NAME or DB_HOST"


def _from_text(value: object) -> str | Parameters | None:
    if isinstance(value, str):
        return value
    if hasattr(value, "render_as_string"):
        url = _call(value, "render_as_string", hide_password=False)
        return read_sqlalchemy_url(url) if isinstance(url, str) else None
    for method in _TEXT_METHODS:
        text = _call(value, method) if hasattr(value, method) else None
        if isinstance(text, str):
            return text
    return None


def _call(value: object, method: str, **keywords: object) -> object:
    return cast("Callable[..., object]", getattr(value, method))(**keywords)


def _has_attributes(value: object) -> bool:
    return hasattr(value, "DB_NAME") or hasattr(value, "DB_HOST")


def _from_attributes(value: object) -> Parameters | None:
    texts = {keyword: _plain(getattr(value, name, None)) for keyword, name in _ATTRIBUTES.items()}
    return checked(texts) if texts["dbname"] or texts["host"] else None


def _plain(value: object) -> str:
    if value is None:
        return ""
    return str(_call(value, "get_secret_value") if hasattr(value, "get_secret_value") else value)
