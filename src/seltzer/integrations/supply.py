"""Databases for tests: states as templates that are kept between sessions, and a clone of one whenever it is wanted."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from seltzer.claims.cluster import changes_server
from seltzer.claims.lab import Case
from seltzer.commands.call import Call
from seltzer.commands.checked import plan_from_nothing
from seltzer.commands.trying import conditions_of
from seltzer.config.database import Target
from seltzer.db.history_sql import HistoryTable
from seltzer.errors import MigrationsFolderError
from seltzer.integrations.ahead import Ahead
from seltzer.integrations.database import Database, url_of
from seltzer.integrations.roles import RolesLab, open_roles_server, state_digest
from seltzer.integrations.states import StateLab
from seltzer.planning.selection import resolve
from seltzer.shadow import clone, open_shadow
from seltzer.shadow.databases import EMPTY
from seltzer.shadow.server import find_choice
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from contextlib import AbstractContextManager

    from seltzer.claims.applying import Conditions
    from seltzer.claims.lab import Lab
    from seltzer.config import Config
    from seltzer.model import Step
    from seltzer.shadow import Clone, Shadow

    Filler = Callable[[Database], object]


class Supply:
    """Databases for the tests of one process; the server and the templates are shared with others.

    Attributes:
        config: The settings of the project.
    """

    def __init__(self, config: Config) -> None:
        """Nothing is read or started yet."""
        self.config = config
        self._stack = ExitStack()
        self._shadows: dict[str, Shadow] = {}
        self._labs: dict[str, Lab] = {}
        self._sources: dict[object, Ahead] = {}

    def prepare(self) -> None:
        """Find out whether there are migrations and a server to apply them on.

        Raises:
            MigrationsFolderError: There is no migration.
            NoServerBinariesError: There are no programs to run a server.
            ServerStartError: It does not start.
            ConnectionFailedError: A server that was named does not answer.
            ShadowError: It does not let this role create databases.
        """
        folder = self.config.migrations
        if not folder.is_dir() or not discover(folder):
            raise MigrationsFolderError(
                f"{folder} has no migration" if folder.is_dir() else f"{folder}: the migrations folder is not there",
                hint="Name it: seltzer_migrations = DIR in pytest's ini file, or --seltzer-migrations DIR.",
            )
        self._shadow()

    def close(self) -> None:
        """Drop what is left of the databases, and leave the server."""
        self._stack.close()

    @property
    def server_url(self) -> str:
        """A database on the server that holds nothing of anybody's."""
        return url_of(self._reached(self._shadow(), self._shadow().databases.parameters["dbname"]))

    @contextmanager
    def migrated(self, before: Filler | None = None, seed: Filler | None = None) -> Generator[Database]:
        """A database with all migrations applied, and filled.

        Args:
            before: Makes what is there before them; the template is this process's then, and not kept.
            seed: Fills the template, of which this process has one of its own then; it is called once.

        Raises:
            SeltzerError: A migration fails.
        """
        if before is None and seed is None:
            with self._state(len(self.steps)) as made:
                yield made
            return
        shadow = self._shadow() if before is not None else self._lab(len(self.steps)).shadow
        with self._made((before, seed), lambda: self._prepared(shadow, before, seed), shadow) as made:
            yield made

    @contextmanager
    def at(self, reference: str) -> Generator[Database]:
        """A database with all migrations up to one of them, in the order of a plan from nothing.

        Args:
            reference: In the forms of `planning.selection`; of several it is the last.

        Raises:
            UnknownMigrationError: There is no such migration.
            SeltzerError: A migration fails.
        """
        known = [step.migration.id for step in self.steps]
        count = max(known.index(id_) for id_ in resolve(reference, known)) + 1
        with self._state(count) as made:
            yield made

    @contextmanager
    def empty(self) -> Generator[Database]:
        """A database with nothing in it."""
        shadow = self._shadow()
        with self._made(0, lambda: lambda: clone(shadow, EMPTY), shadow) as made:
            yield made

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All migrations in the order in which an empty database meets them.

        Raises:
            FilesError: A file is wrong, or migrations wait for each other.
        """
        return plan_from_nothing(Call(self.config), discover(self.config.migrations)).steps

    @contextmanager
    def _state(self, count: int) -> Generator[Database]:
        lab = self._lab(count)
        with self._made(count, lambda: lambda: lab.database(count), lab.shadow) as made:
            yield made

    @contextmanager
    def _made(
        self, key: object, source: Callable[[], Callable[[], AbstractContextManager[Clone]]], shadow: Shadow
    ) -> Generator[Database]:
        if key not in self._sources:
            # A durable server would bring the spare one to disk whenever another one is dropped.
            spare = 0 if shadow.databases.durable else 1
            self._sources[key] = self._stack.enter_context(Ahead(source(), spare))
        with self._sources[key].clone() as made:
            database = Database(made.name, self._reached(shadow, made.name), self.config)
            try:
                yield database
            finally:
                database.close()

    def _prepared(
        self, shadow: Shadow, before: Filler | None, seed: Filler | None
    ) -> Callable[[], AbstractContextManager[Clone]]:
        """Clones of a database that is made once and lasts as long as this process."""
        count = len(self.steps)
        opened = clone(shadow, EMPTY) if before is not None else self._lab(count).database(count)
        made = self._stack.enter_context(opened)
        template = Database(made.name, self._reached(shadow, made.name), self.config)
        try:
            if before is not None:
                before(template)
                template.apply()
            if seed is not None:
                seed(template)
        finally:
            template.close()
        return lambda: clone(shadow, made.name)

    @staticmethod
    def _reached(shadow: Shadow, name: str) -> Mapping[str, str]:
        """Keywords that lead there whatever libpq's variables say later on."""
        session = shadow.databases.session.info
        known = {
            **shadow.parameters_of(name),
            "host": session.host,
            "port": str(session.port),
            "user": session.user,
            "password": session.password,
            "application_name": "",
        }
        return {word: value for word, value in known.items() if value}

    def _lab(self, count: int) -> Lab:
        """Where a state is made."""
        digest = self._own_server_of(count)
        if digest not in self._labs:
            shadow = self._shadow(digest)
            cases = [Case(step, judged=False) for step in self.steps]
            lab = (RolesLab if digest else StateLab)(shadow, self._conditions(), cases)
            self._stack.callback(lab.close)
            self._labs[digest] = lab
        return self._labs[digest]

    def _shadow(self, digest: str = "") -> Shadow:
        """The server that all use, or one that has only one state's roles."""
        if digest not in self._shadows:
            choice = find_choice(self.config)
            if isinstance(choice, Target):
                opened = open_shadow(self.config, None)
            elif digest:
                opened = open_roles_server(self.config, choice, digest)
            else:
                opened = open_shadow(self.config, self.config.server_version)
            self._shadows[digest] = self._stack.enter_context(opened)
        return self._shadows[digest]

    def _own_server_of(self, count: int) -> str:
        """The name of the server for a state that comes with roles of its own; empty for the common one."""
        if isinstance(find_choice(self.config), Target) or not self._changes_server:
            return ""
        return state_digest(self.steps[:count])

    @cached_property
    def _changes_server(self) -> bool:
        return any(changes_server(step.migration) for step in self.steps)

    def _conditions(self) -> Conditions:
        # The application under test finds its history where it looks for it: nothing is left to migrate.
        history = self.config.history
        return replace(conditions_of(Call(self.config)), table=HistoryTable(history.schema, history.table))
