"""For each setting the first source that has it wins, and is remembered."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seltzer.config import (
    SETTINGS,
    Config,
    HistoryName,
    Late,
    NewModule,
    Numbering,
    Policy,
    Setting,
    Source,
    read_config,
)
from seltzer.errors import InvalidSettingError, UnknownSettingError
from seltzer.model import Severity

if TYPE_CHECKING:
    from unit.config.conftest import Project

# A legal text for each setting, and another one, neither of them its default.
TWO_TEXTS = {
    "migrations": ("db/one", "db/two"),
    "database": ("dbname=one", "dbname=two"),
    "direct-database": ("dbname=one", "dbname=two"),
    "history": ("one.history", "two.history"),
    "history-readers": ("one", "two"),
    "policy": ("wait", "verify"),
    "lock-wait": ("1s", "2s"),
    "jobs": ("2", "3"),
    "late": ("refuse", "refuse"),
    "lock-timeout": ("1s", "3s"),
    "lock-retry-for": ("1s", "2s"),
    "terminate-blockers": ("1s", "2s"),
    "statement-timeout": ("1s", "2s"),
    "search-path": ("one", "two"),
    "role": ("one", "two"),
    "application": ("one", "two"),
    "application-version": ("1", "2"),
    "shadow": ("dbname=one", "dbname=two"),
    "server-binaries": ("/one", "/two"),
    "new-module": ("sql", "sql"),
    "numbering": ("timestamp", "timestamp"),
    "server-version": ("16", "16"),
    "table-name-pattern": ("[a-z]+", "app_[a-z_]+"),
    "index-name-pattern": ("{columns}_idx", "idx_{columns}, uq_{columns}"),
    "stats": ("/one", "/two"),
    "workload": ("/one", "/two"),
    "small-table": ("1MB", "2MB"),
    "fail-on": ("warning", "info"),
    "documented-severity": ("warning", "error"),
}
OPERATIONS_WIN = {"policy", "lock-wait", "jobs"}

every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=[setting.name for setting in SETTINGS])


def read(config: Config, setting: Setting) -> object:
    """The value of one setting."""
    return getattr(config, setting.keyword)


def test_the_table_and_the_config_have_the_same_settings() -> None:
    """Each line of the table is an attribute, in the same order; nothing else is but what a run derives."""
    fields = [field.name for field in dataclasses.fields(Config)]

    assert fields == [setting.keyword for setting in SETTINGS] + ["root", "file", "origins", "warnings"]
    assert set(TWO_TEXTS) == {setting.name for setting in SETTINGS}
    assert all(setting.sentence.endswith(".") and setting.type.legal.endswith(".") for setting in SETTINGS)


def test_the_names_of_a_setting() -> None:
    """Hyphens in TOML and flags, underscores in Python, capitals in the environment."""
    setting = next(setting for setting in SETTINGS if setting.name == "lock-wait")

    assert (setting.flag, setting.keyword, setting.variable) == ("--lock-wait", "lock_wait", "SELTZER_LOCK_WAIT")


def test_the_defaults(project: Project) -> None:
    """Without any source, a config is complete."""
    config = project.flags()

    assert config == Config(
        migrations=project.root / "migrations",
        database=None,
        direct_database=None,
        history=HistoryName("seltzer", "history"),
        history_readers=(),
        policy=Policy.APPLY,
        lock_wait=timedelta(minutes=10),
        jobs=1,
        late=Late.APPLY,
        lock_timeout=timedelta(seconds=2),
        lock_retry_for=None,
        terminate_blockers=None,
        statement_timeout=None,
        search_path=None,
        role=None,
        application="soda",
        application_version=None,
        new_module=NewModule.RUNNER,
        numbering=Numbering.SEQUENCE,
        shadow="embedded",
        table_name_pattern="[a-z_][a-z0-9_]*",
        index_name_pattern=("idx_{table}_{columns}",),
        stats=None,
        workload=None,
        small_table=10 * 1024 * 1024,
        fail_on=Severity.ERROR,
        documented_severity=Severity.INFO,
        server_binaries=None,
        server_version=18,
        root=project.root,
        file=None,
        origins=config.origins,
        warnings=(),
    )
    assert {origin.source for origin in config.origins.values()} == {Source.DEFAULT}
    assert config.origins["lock-wait"].text == "10min"
    assert config.origins["application"].text == "soda"
    assert config.origins["role"].text == ""


@every_setting
def test_a_flag_comes_before_the_environment(project: Project, setting: Setting) -> None:
    """What a person types now wins over everything, policy and lock-wait included."""
    flag, variable = TWO_TEXTS[setting.name]
    expected = read(project.flags(**{setting.keyword: flag}), setting)
    project.environ[setting.variable] = variable

    config = project.flags(**{setting.keyword: flag})

    assert read(config, setting) == expected
    assert config.origins[setting.name].source is Source.FLAG
    assert config.origins[setting.name].where == setting.flag


@every_setting
def test_between_an_argument_and_the_environment_the_table_decides(project: Project, setting: Setting) -> None:
    """An argument in code comes first, but for what operations decide."""
    argument, variable = TWO_TEXTS[setting.name]
    project.environ[setting.variable] = variable

    origin = project.code(**{setting.keyword: argument}).origins[setting.name]

    if setting.name in OPERATIONS_WIN:
        assert (origin.source, origin.where) == (Source.ENVIRONMENT, setting.variable)
    else:
        assert (origin.source, origin.where) == (Source.ARGUMENT, f"the argument {setting.keyword}")


@every_setting
def test_the_environment_comes_before_the_file(project: Project, setting: Setting) -> None:
    """A variable wins over `[tool.seltzer]`."""
    variable, key = TWO_TEXTS[setting.name]
    project.environ[setting.variable] = variable
    expected = read(project.flags(), setting)
    project.write("pyproject.toml", f"[tool.seltzer]\n{setting.name} = {key!r}\n")

    config = project.flags()

    assert read(config, setting) == expected
    assert config.origins[setting.name].where == setting.variable


@every_setting
def test_the_file_comes_before_the_default(project: Project, setting: Setting) -> None:
    """A key is found, and its file and line are remembered."""
    before = read(project.flags(), setting)
    path = project.write("pyproject.toml", f"[tool.seltzer]\n\n{setting.name} = {TWO_TEXTS[setting.name][0]!r}\n")

    config = project.flags()

    assert read(config, setting) != before
    assert config.file == path
    assert config.origins[setting.name].source is Source.FILE
    assert config.origins[setting.name].where == f"{path}:3"


@given(st.sets(st.sampled_from(["argument", "environment", "file"])), st.booleans())
def test_the_first_source_wins(tmp_path_factory: pytest.TempPathFactory, given_in: set[str], operations: bool) -> None:  # noqa: FBT001
    """Whatever sources have a value: the winner is the first of them in the order that the manual gives."""
    root = tmp_path_factory.mktemp("project")
    name, texts = ("policy", "wait verify off") if operations else ("role", "a b c")
    order = ["environment", "argument", "file"] if operations else ["argument", "environment", "file"]
    by_source = dict(zip(order, texts.split(), strict=True))
    if "file" in given_in:
        (root / "seltzer.toml").write_text(f"{name} = {by_source['file']!r}\n", encoding="utf-8")

    config = read_config(
        {name: by_source["argument"] if "argument" in given_in else None},
        given_as=Source.ARGUMENT,
        environ={f"SELTZER_{name.upper()}": by_source["environment"]} if "environment" in given_in else {},
        working_folder=root,
    )

    winner = next((source for source in order if source in given_in), "default")
    assert config.origins[name].source == winner
    assert getattr(config, name) == by_source.get(winner, "apply" if operations else None)


def test_none_and_an_empty_variable_mean_not_given(project: Project) -> None:
    """A command line passes every flag, a compose file every variable."""
    project.environ["SELTZER_ROLE"] = " "

    assert project.flags(role=None).origins["role"].source is Source.DEFAULT


def test_the_values_of_python_are_taken_as_they_are(project: Project) -> None:
    """Code gives durations, paths, names and enumerations of its own."""
    config = project.code(
        migrations=project.root / "db",
        lock_wait=timedelta(seconds=3),
        statement_timeout=0,
        policy=Policy.OFF,
        history=HistoryName("a", "b"),
        search_path=["App", "public"],
    )

    assert config.migrations == project.root / "db"
    assert config.lock_wait == timedelta(seconds=3)
    assert config.statement_timeout == timedelta(0)
    assert config.policy is Policy.OFF
    assert config.history == HistoryName("a", "b")
    assert config.search_path == ("App", "public")


def test_relative_paths_start_from_where_they_are_written(project: Project) -> None:
    """In a file from its folder, in flags and variables from the working directory."""
    project.write("pyproject.toml", "[tool.seltzer]\nmigrations = 'db'\n")
    below = project.root / "src" / "deep"
    below.mkdir(parents=True)
    deep = type(project)(below, {"SELTZER_SERVER_BINARIES": "bin"})

    config = deep.flags()

    assert config.migrations == project.root / "db"
    assert config.server_binaries == below / "bin"
    assert deep.flags(migrations="db").migrations == below / "db"


def test_the_default_folder_lies_beside_the_file_that_was_found(project: Project) -> None:
    """Below the project's folder, the migrations are still the project's."""
    project.write("seltzer.toml", "")
    (project.root / "src").mkdir()

    assert type(project)(project.root / "src").flags().migrations == project.root / "migrations"


def test_the_default_folder_does_not_follow_a_file_that_was_named(project: Project) -> None:
    """`--config deploy/production.toml` says nothing about where the migrations are."""
    file = project.write("deploy/production.toml", "role = 'owner'\n")

    config = project.flags(file)

    assert (config.migrations, config.role) == (project.root / "migrations", "owner")


def test_code_finds_the_file_from_its_migrations_folder(project: Project) -> None:
    """An application may be started from anywhere; the command line starts from where it is."""
    project.write("pyproject.toml", "[tool.seltzer]\nrole = 'owner'\n")
    elsewhere = type(project)(project.root.parent)

    assert elsewhere.code(migrations=str(project.root / "migrations")).role == "owner"
    assert elsewhere.flags(migrations=str(project.root / "migrations")).role is None
    elsewhere.environ["SELTZER_MIGRATIONS"] = "soda/migrations"
    assert elsewhere.code().role == "owner"


def test_an_unknown_keyword_gets_the_nearest(project: Project) -> None:
    """With the names of all settings where none is near."""
    with pytest.raises(UnknownSettingError, match="lock_wiat is no setting\nhint: Did you mean lock_wait"):
        project.code(lock_wiat="1s")
    with pytest.raises(UnknownSettingError, match="The settings are migrations, "):
        project.code(zzz=1)


def test_an_unknown_variable_is_a_warning(project: Project) -> None:
    """Only where it looks like a setting; others may use the prefix too. Its value is not shown."""
    project.environ |= {"SELTZER_LOCK_WIAT": "canary", "SELTZER_ZZZ": "x", "SELTZER_DATABASE_URL": "canary"}

    assert project.flags().warnings == (
        "the variable SELTZER_DATABASE_URL is not read; did you mean SELTZER_DATABASE?",
        "the variable SELTZER_LOCK_WIAT is not read; did you mean SELTZER_LOCK_WAIT?",
    )


def test_a_bad_value_names_its_source_and_what_is_legal(project: Project) -> None:
    """Flag, argument, variable, or file and line."""
    with pytest.raises(
        InvalidSettingError, match=r"^--lock-wait is not a duration: 'soon'\nhint: A number with its unit"
    ):
        project.flags(lock_wait="soon")
    with pytest.raises(InvalidSettingError, match=r"^the argument late is not one of apply, refuse: 3"):
        project.code(late=3)
    project.environ["SELTZER_HISTORY"] = "history"
    with pytest.raises(InvalidSettingError, match=r"^SELTZER_HISTORY is not a schema and a table: 'history'"):
        project.flags()
    path = project.write("pyproject.toml", "[tool.seltzer]\nserver-version = 17\n")
    project.environ.clear()
    with pytest.raises(InvalidSettingError) as caught:
        project.flags()
    assert str(caught.value).startswith(f"{path}:2: server-version in [tool.seltzer] is not a version")
    assert caught.value.exit_code == 2
