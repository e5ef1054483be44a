"""The room `planning`: see ARCHITECTURE.md."""
