"""What tests import: assertions about migrations, and the type of the fixtures' databases."""

from seltzer.integrations.assertions import (
    assert_atomic,
    assert_backward_compatible,
    assert_claim,
    assert_idempotent,
)
from seltzer.integrations.database import Database

__all__ = ["Database", "assert_atomic", "assert_backward_compatible", "assert_claim", "assert_idempotent"]
