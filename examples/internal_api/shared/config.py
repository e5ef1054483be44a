"""The settings of the service, read from the environment."""

import os


class Config:
    """Where the database is and who connects to it."""

    def __init__(self) -> None:
        self.DB_NAME = os.environ.get("DB_NAME", "postgres")
        self.DB_USER = os.environ.get("DB_USER", "postgres")
        self.DB_PASSWORD = os.environ.get("DB_PASSWORD", "")
        self.DB_HOST = os.environ.get("DB_HOST", "localhost")
        self.DB_PORT = int(os.environ.get("DB_PORT", "5432"))


config = Config()
