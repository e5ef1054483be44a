"""The room `db`: see ARCHITECTURE.md."""
