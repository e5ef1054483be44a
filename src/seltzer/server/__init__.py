"""The room `server`: see ARCHITECTURE.md."""
