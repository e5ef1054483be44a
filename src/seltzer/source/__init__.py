"""The room `source`: see ARCHITECTURE.md."""
