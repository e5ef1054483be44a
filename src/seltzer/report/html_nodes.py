"""Elements of HTML as a tree: whatever a text says is escaped, for there is no other way to write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias
from xml.etree.ElementTree import Element, tostring

if TYPE_CHECKING:
    from collections.abc import Iterable

# Control characters, which a page cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

Content: TypeAlias = "Element | str | Iterable[Content]"


def node(tag: str, *inside: Content, **attributes: str) -> Element:
    """An element.

    Args:
        tag: Its name.
        inside: Texts and elements, in order; iterables of them are laid flat.
        attributes: `class_` is `class`, `aria_label` is `aria-label`; empty ones are left out.
    """
    names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value}
    element = Element(tag, names)
    for item in _flat(inside):
        if isinstance(item, Element):
            element.append(item)
            continue
        text = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", item)
        if len(element):
            element[-1].tail = (element[-1].tail or "") + text
        else:
            element.text = (element.text or "") + text
    return element


def _flat(inside: Iterable[Content]) -> Iterable[Element | str]:
    for item in inside:
        if isinstance(item, Element | str):
            yield item
        else:
            yield from _flat(item)


def document(root: Element) -> str:
    """The text of a whole page."""
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n"
