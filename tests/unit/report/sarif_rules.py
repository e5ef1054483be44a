"""The parts of SARIF 2.1.0 that a check's log uses, as a JSON schema: what is not listed here is refused."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_MESSAGE = _object("text", text=_TEXT, markdown=_TEXT)  # section 3.11
_ARTIFACT = _object("uri uriBaseId", uri={**_TEXT, "format": "uri-reference"}, uriBaseId=_TEXT)  # 3.4
_REGION = _object("startLine", startLine={"type": "integer", "minimum": 1})  # 3.30
_BAG = {"type": "object"}  # 3.8: anything
_LOCATION = _object(  # 3.28
    "physicalLocation",
    physicalLocation=_object("artifactLocation region", artifactLocation=_ARTIFACT, region=_REGION),
    logicalLocations=_list(_object("fullyQualifiedName", fullyQualifiedName=_TEXT, kind=_TEXT)),
)
_RULE = _object(  # 3.49
    "id",
    id=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_object("level", level=_LEVEL),
    properties=_BAG,
)
_RESULT = _object(  # 3.27
    "ruleId ruleIndex level message locations partialFingerprints",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
    properties=_BAG,
)
_NOTIFICATION = _object("message level", message=_MESSAGE, level=_LEVEL, descriptor=_object("id", id=_TEXT))  # 3.58
_RUN = _object(  # 3.14
    "tool results",
    tool=_object("driver", driver=_object("name", name=_TEXT, semanticVersion=_TEXT, rules=_list(_RULE))),
    invocations=_list(
        _object(
            "executionSuccessful",
            executionSuccessful={"type": "boolean"},
            toolExecutionNotifications=_list(_NOTIFICATION),
        )
    ),
    automationDetails=_object("id", id=_TEXT),
    originalUriBaseIds={"type": "object", "additionalProperties": _object("", description=_MESSAGE)},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_list(_RESULT),
)
LOG = _object(
    "version runs",
    **{"$schema": {**_TEXT, "format": "uri"}, "version": {"const": "2.1.0"}, "runs": _list(_RUN)},
)
"""Section 3.13."""
