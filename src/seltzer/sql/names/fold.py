"""Statement by statement through a file: what it made itself it does not need, what it dropped again is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.sql.names import (
    access,
    alter,
    changes,
    commands,
    extensions,
    functions,
    operators,
    relations,
    servers,
    settings,
    tables,
    triggers,
    types,
)
from seltzer.sql.names.opaque import read_opaque
from seltzer.sql.names.queries import read_query
from seltzer.sql.names.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from postgast.pg_query_pb2 import Node

    from seltzer.model import Names
    from seltzer.sql.names.result import Parsed


def read_file_names(statements: Iterable[Parsed], search_path: Iterable[str]) -> Names:
    """What a file provides, needs and removes as a whole.

    Args:
        statements: Its statements in order.
        search_path: Where names without a schema are looked for; the file's own SET changes it from there on.
    """
    reading = Reading(search_path)
    for number, (tree, text, base) in enumerate(statements):
        reading.begin(number, text, base)
        if tree is None:
            read_opaque(reading, text)
        else:
            _read(reading, tree)
    return reading.names()


def read_names(tree: Node, text: str, search_path: Iterable[str], base: int = 0) -> Names:
    """What one statement provides, needs and removes, as if it stood alone in its file.

    Args:
        tree: Its node (`RawStmt.stmt`).
        text: Its own text.
        search_path: Where names without a schema are looked for.
        base: Where that text begins, in bytes, in what the parser was given.
    """
    reading = Reading(search_path)
    reading.begin(0, text, base)
    _read(reading, tree)
    return reading.names()


def _read(reading: Reading, tree: Node) -> None:
    """Read a statement, and those inside it, each with the search path that holds there."""
    _dispatch(reading, tree)
    inner = reading.inner
    while inner:
        path = reading.path
        node, reading.path = inner.pop(0)
        _dispatch(reading, node)
        reading.path = path


def _dispatch(reading: Reading, node: Node) -> None:
    kind = node.WhichOneof("node") or ""
    if kind == "select_stmt":
        settings.select(reading, node)
        return
    read = _STATEMENTS.get(kind)
    if read is None:
        read_query(reading, node)
        return
    statement = getattr(node, kind)
    tolerant = _TOLERANT.get(kind)
    reading.tolerant = tolerant is not None and getattr(statement, tolerant)
    read(reading, statement)


# The field that says IF NOT EXISTS or OR REPLACE.
_TOLERANT = {
    "alter_enum_stmt": "skip_if_new_val_exists",
    "create_extension_stmt": "if_not_exists",
    "create_foreign_server_stmt": "if_not_exists",
    "create_function_stmt": "replace",
    "create_plang_stmt": "replace",
    "create_schema_stmt": "if_not_exists",
    "create_seq_stmt": "if_not_exists",
    "create_stats_stmt": "if_not_exists",
    "create_stmt": "if_not_exists",
    "create_table_as_stmt": "if_not_exists",
    "create_transform_stmt": "replace",
    "create_trig_stmt": "replace",
    "create_user_mapping_stmt": "if_not_exists",
    "define_stmt": "if_not_exists",
    "index_stmt": "if_not_exists",
    "rule_stmt": "replace",
    "view_stmt": "replace",
}

_STATEMENTS: dict[str, Callable[[Reading, Any], None]] = {
    "alter_collation_stmt": operators.alter_collation,
    "alter_default_privileges_stmt": access.alter_default_privileges,
    "alter_domain_stmt": types.alter_domain,
    "alter_enum_stmt": types.alter_enum,
    "alter_event_trig_stmt": triggers.alter_event_trigger,
    "alter_extension_contents_stmt": extensions.alter_extension_members,
    "alter_extension_stmt": extensions.alter_extension,
    "alter_fdw_stmt": servers.alter_wrapper,
    "alter_foreign_server_stmt": servers.alter_server,
    "alter_function_stmt": functions.alter_function,
    "alter_object_depends_stmt": changes.set_depends,
    "alter_object_schema_stmt": changes.set_schema,
    "alter_op_family_stmt": operators.alter_operator_family,
    "alter_operator_stmt": operators.alter_operator,
    "alter_owner_stmt": changes.set_owner,
    "alter_policy_stmt": triggers.alter_policy,
    "alter_publication_stmt": servers.alter_publication,
    "alter_role_set_stmt": access.alter_role_setting,
    "alter_role_stmt": access.alter_role,
    "alter_seq_stmt": relations.alter_sequence,
    "alter_stats_stmt": relations.alter_statistics,
    "alter_subscription_stmt": servers.alter_subscription,
    "alter_table_stmt": alter.alter_table,
    "alter_tsconfiguration_stmt": operators.alter_configuration,
    "alter_tsdictionary_stmt": operators.alter_dictionary,
    "alter_type_stmt": types.alter_type,
    "alter_user_mapping_stmt": servers.user_mapping,
    "call_stmt": functions.call,
    "cluster_stmt": commands.cluster,
    "comment_stmt": changes.comment,
    "composite_type_stmt": types.create_composite,
    "copy_stmt": commands.copy,
    "create_am_stmt": operators.create_access_method,
    "create_cast_stmt": operators.create_cast,
    "create_conversion_stmt": operators.create_conversion,
    "create_domain_stmt": types.create_domain,
    "create_enum_stmt": types.create_enum,
    "create_event_trig_stmt": triggers.create_event_trigger,
    "create_extension_stmt": extensions.create_extension,
    "create_fdw_stmt": servers.create_wrapper,
    "create_foreign_server_stmt": servers.create_server,
    "create_foreign_table_stmt": tables.create_foreign_table,
    "create_function_stmt": functions.create_function,
    "create_op_class_stmt": operators.create_operator_class,
    "create_op_family_stmt": operators.create_operator_family,
    "create_plang_stmt": operators.create_language,
    "create_policy_stmt": triggers.create_policy,
    "create_publication_stmt": servers.create_publication,
    "create_range_stmt": types.create_range,
    "create_role_stmt": access.create_role,
    "create_schema_stmt": commands.create_schema,
    "create_seq_stmt": relations.create_sequence,
    "create_stats_stmt": relations.create_statistics,
    "create_stmt": tables.create_table,
    "create_subscription_stmt": servers.create_subscription,
    "create_table_as_stmt": tables.create_table_as,
    "create_transform_stmt": operators.create_transform,
    "create_trig_stmt": triggers.create_trigger,
    "create_user_mapping_stmt": servers.user_mapping,
    "declare_cursor_stmt": commands.contained,
    "define_stmt": operators.define,
    "discard_stmt": settings.discard,
    "drop_owned_stmt": access.drop_owned,
    "drop_role_stmt": access.drop_role,
    "drop_stmt": changes.drop,
    "drop_subscription_stmt": servers.drop_subscription,
    "drop_user_mapping_stmt": servers.user_mapping,
    "explain_stmt": commands.contained,
    "grant_role_stmt": access.grant_role,
    "grant_stmt": access.grant,
    "import_foreign_schema_stmt": servers.import_schema,
    "index_stmt": relations.create_index,
    "lock_stmt": commands.relations,
    "prepare_stmt": commands.prepare,
    "reassign_owned_stmt": access.reassign_owned,
    "refresh_mat_view_stmt": relations.refresh_view,
    "reindex_stmt": commands.reindex,
    "rename_stmt": changes.rename,
    "rule_stmt": triggers.create_rule,
    "sec_label_stmt": changes.label,
    "truncate_stmt": commands.relations,
    "vacuum_stmt": commands.vacuum,
    "variable_set_stmt": settings.set_variable,
    "view_stmt": relations.create_view,
}
