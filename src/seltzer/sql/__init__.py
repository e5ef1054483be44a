"""The room `sql`: see ARCHITECTURE.md."""
