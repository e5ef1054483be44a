"""The room `commands`: see ARCHITECTURE.md."""
