"""The plugin of pytest: options, and fixtures with a database each.

Every start of pytest loads this file, whether a test needs a database or not. So it imports pytest and nothing of
Seltzer's; the fixtures do, inside functions, when the first test asks for one.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from seltzer.integrations.database import Database
    from seltzer.integrations.supply import Filler, Supply

_SUPPLY = pytest.StashKey["Supply"]()
_FAILURES = pytest.StashKey[dict[str, str]]()
_RUNNING: list[pytest.Config] = []  # the innermost last: tests of plugins run pytest in pytest

_OPTIONS = {
    "migrations": ("DIR", "The migrations folder."),
    "server": ("URL", "A PostgreSQL on which databases are created and dropped, instead of a private one."),
    "server_version": ("N", "The major version of a private PostgreSQL."),
}
_KEYWORDS = {"migrations": "migrations", "server": "shadow", "server_version": "server_version"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Each option has a key of the same name in pytest's ini file."""
    group = parser.getgroup("seltzer", "databases with migrations applied")
    for name, (metavar, sentence) in _OPTIONS.items():
        flag = f"--seltzer-{name.replace('_', '-')}"
        group.addoption(flag, metavar=metavar, dest=f"seltzer_{name}", default=None, help=sentence)
        parser.addini(f"seltzer_{name}", sentence, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Assertions are about the project of this session from now on."""
    _RUNNING.append(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """They are not any more."""
    if config in _RUNNING:
        _RUNNING.remove(config)


def running_supply() -> Supply | None:
    """The databases of the session that goes on in this process; None outside of pytest."""
    return _supply(_RUNNING[-1]) if _RUNNING else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say at once what keeps every test with a database from running; of xdist's workers each test says it."""
    config = session.config
    if config.option.collectonly or hasattr(config, "workerinput"):
        return
    if not any(_is_ours(name) for item in session.items for name in getattr(item, "fixturenames", ())):
        return
    from seltzer.errors import SeltzerError  # noqa: PLC0415  # see above
    from seltzer.report.text import error_lines  # noqa: PLC0415

    try:
        _supply(config).prepare()
    except SeltzerError as error:
        raise pytest.UsageError(_in_options(error_lines(error))) from None


@pytest.fixture(scope="session")
def seltzer_before() -> Filler | None:
    """What makes, in an empty database, what the migrations find there: a function of a `Database`, run once.

    Override it where another tool has tables of its own; the one here makes nothing.
    """
    return None


@pytest.fixture(scope="session")
def seltzer_seed() -> Filler | None:
    """What fills the databases with all migrations: a function of a `Database`, run once; to override, as above."""
    return None


@pytest.fixture
def seltzer_database(
    request: pytest.FixtureRequest, seltzer_before: Filler | None, seltzer_seed: Filler | None
) -> Iterator[Database]:
    """A database for one test, with all migrations applied."""
    with _migrated(request.config, seltzer_before, seltzer_seed) as database:
        yield database


@pytest.fixture(scope="module")
def seltzer_module_database(
    request: pytest.FixtureRequest, seltzer_before: Filler | None, seltzer_seed: Filler | None
) -> Iterator[Database]:
    """A database that the tests of a file share."""
    with _migrated(request.config, seltzer_before, seltzer_seed) as database:
        yield database


@pytest.fixture(scope="session")
def seltzer_session_database(
    request: pytest.FixtureRequest, seltzer_before: Filler | None, seltzer_seed: Filler | None
) -> Iterator[Database]:
    """A database that all tests share; with xdist, those of one worker."""
    with _migrated(request.config, seltzer_before, seltzer_seed) as database:
        yield database


@pytest.fixture
def seltzer_empty_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database for one test, with nothing in it."""
    with _opened(request.config, "empty", lambda supply: supply.empty()) as database:
        yield database


@pytest.fixture
def seltzer_database_at(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Database]]:
    """Makes databases with the migrations up to one of them: `seltzer_database_at("users/0002")`."""
    with ExitStack() as stack:

        def at(reference: str) -> Database:
            __tracebackhide__ = True
            return stack.enter_context(_opened(request.config, f"at {reference}", lambda supply: supply.at(reference)))

        yield at


def _migrated(config: pytest.Config, before: Filler | None, seed: Filler | None) -> AbstractContextManager[Database]:
    return _opened(config, f"migrated {before} {seed}", lambda supply: supply.migrated(before, seed))


@contextmanager
def _opened(
    config: pytest.Config, what: str, made: Callable[[Supply], AbstractContextManager[Database]]
) -> Generator[Database]:
    """Have a database; what keeps it from being made is told at length once, for tests may be many."""
    __tracebackhide__ = True
    from seltzer.errors import SeltzerError  # noqa: PLC0415  # see above
    from seltzer.report.text import error_head, error_lines  # noqa: PLC0415

    failures = config.stash.setdefault(_FAILURES, {})
    reason = f"{failures[what]} (see the first test that says so)" if what in failures else ""
    with ExitStack() as stack:
        database = None
        try:
            database = None if reason else stack.enter_context(made(_supply(config)))
        except SeltzerError as error:
            failures[what] = error_head(error).removeprefix("error: ")
            reason = _in_options(error_lines(error))
        if database is not None:
            yield database
            return
    pytest.fail(reason, pytrace=False)


def _supply(config: pytest.Config) -> Supply:
    """The databases of this session, which ends with them."""
    if _SUPPLY not in config.stash:
        from seltzer.integrations.settings import read_settings  # noqa: PLC0415  # see above
        from seltzer.integrations.supply import Supply  # noqa: PLC0415

        folders = list(dict.fromkeys([config.rootpath, config.invocation_params.dir]))
        supply = Supply(read_settings(_arguments(config), folders))
        config.add_cleanup(supply.close)
        config.stash[_SUPPLY] = supply
    return config.stash[_SUPPLY]


def _arguments(config: pytest.Config) -> dict[str, str | None]:
    """The options as arguments of settings; a folder counts from where its text was written."""
    found: dict[str, str | None] = {}
    for name, keyword in _KEYWORDS.items():
        typed, written = config.getoption(f"seltzer_{name}"), config.getini(f"seltzer_{name}")
        value, base = (typed, config.invocation_params.dir) if typed else (written, _ini_folder(config))
        found[keyword] = str(base / value) if value and name == "migrations" else value or None
    return found


def _in_options(lines: Iterable[str]) -> str:
    """An error that names flags of the command line, with those that pytest has."""
    text = "\n".join(lines)
    for name, keyword in _KEYWORDS.items():
        text = text.replace(f" --{keyword.replace('_', '-')} ", f" --seltzer-{name.replace('_', '-')} ")
    return text.removeprefix("error: ")


def _ini_folder(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath is not None else config.rootpath


def _is_ours(name: str) -> bool:
    return name.startswith("seltzer_") and (name.endswith("_database") or name == "seltzer_database_at")
