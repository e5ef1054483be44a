"""The room `cli`: see ARCHITECTURE.md."""
