"""The room `config`: see ARCHITECTURE.md."""
