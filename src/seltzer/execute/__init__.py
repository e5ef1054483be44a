"""The room `execute`: see ARCHITECTURE.md."""
