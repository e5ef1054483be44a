"""What a file of a growing schema may do, each as often as it stands here."""

from __future__ import annotations

from database.order_changes import (
    add_constraint,
    change_data,
    drop_column,
    drop_thing,
    insert_row,
    move_thing,
    rename_column,
    rename_thing,
)
from database.order_routines import (
    create_aggregate,
    create_cast,
    create_function,
    create_operator,
    create_overload,
    create_procedure,
    create_reader,
    create_trigger,
    create_typed_function,
    replace_function,
)
from database.order_tables import (
    add_column,
    add_label,
    create_composite,
    create_domain,
    create_enum,
    create_extension,
    create_heir,
    create_partition,
    create_partitioned,
    create_schema,
    create_sequence,
    create_table,
    own_sequence,
)
from database.order_views import (
    comment,
    create_cast_view,
    create_index,
    create_materialized_view,
    create_mood_view,
    create_policy,
    create_publication,
    create_rule,
    create_statistics,
    create_view,
    grant,
)

LOOSE = (
    create_function, create_typed_function, create_view, create_view, create_materialized_view, create_trigger,
    create_policy, create_index, create_rule, comment, grant, create_reader, create_mood_view, create_cast_view,
    create_aggregate, create_operator, create_statistics, create_publication,
)  # fmt: skip

ACTIONS = (
    *LOOSE, create_schema, create_extension, create_enum, add_label, create_domain, create_composite, create_sequence,
    own_sequence, create_table, create_table, create_table, create_partitioned, create_partition, create_heir,
    add_column, add_column, rename_column, rename_thing, move_thing, drop_column, drop_thing, drop_thing,
    add_constraint, add_constraint, create_overload, replace_function, change_data, create_procedure, create_cast,
    insert_row,
)  # fmt: skip
