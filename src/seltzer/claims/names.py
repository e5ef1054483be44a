"""The claims, in the order in which they are reported."""

CLAIMS = (
    "idempotent",
    "atomic",
    "reversible",
    "survives-rows",
    "converges",
    "effects",
    "traffic",
    "backward-compatible",
    "documented",
    "guidelines",
)
