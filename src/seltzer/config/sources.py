"""Reading the settings: for each, the first source that has it wins."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from seltzer.config.project_file import ProjectFile, find_project_file, read_project_file
from seltzer.config.settings import SETTINGS, VARIABLE_PREFIX, Config, Origin, Setting, Source
from seltzer.config.values import DATABASE, SHADOW, shown
from seltzer.errors import InvalidSettingError, Place, UnknownSettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_BY_KEYWORD = {setting.keyword: setting for setting in SETTINGS}
_BY_VARIABLE = {setting.variable: setting for setting in SETTINGS}


class _Inputs(NamedTuple):
    """Everything that may hold a setting."""

    arguments: Mapping[str, object]
    given_as: Literal[Source.FLAG, Source.ARGUMENT]
    environ: Mapping[str, str]
    folder: Path
    file: ProjectFile | None = None
    default_folder: Path | None = None

    def __repr__(self) -> str:
        """Without what may be a password."""
        return f"_Inputs({self.given_as}, {self.folder})"


def read_config(
    arguments: Mapping[str, object],
    *,
    given_as: Literal[Source.FLAG, Source.ARGUMENT],
    environ: Mapping[str, str],
    working_folder: Path,
    file: Path | None = None,
) -> Config:
    """The settings for one call, each from the first source that has it.

    A flag or argument comes first, then the environment, then the settings file, then the default. Where the table
    says that operations win, the environment comes before an argument given in code, but not before a flag: that
    is a person's word at this very moment.

    Args:
        arguments: By keyword (`lock_wait`); None means not given.
        given_as: Whether they were typed as flags or written in code. Flags look for the settings file upwards from
            the working folder, code from the migrations folder where one is given.
        environ: The environment; an empty variable means not set.
        working_folder: Absolute; what relative paths in flags, arguments and variables start from.
        file: The settings file to read instead of looking for one.

    Raises:
        UnknownSettingError: A keyword or a key in the file is no setting.
        InvalidSettingError: A value is not of its setting's type, or the settings file cannot be read.
    """
    inputs = _Inputs(arguments, given_as, environ, working_folder)
    _refuse_unknown_arguments(inputs)
    inputs = _with_file(inputs, file)
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for setting in SETTINGS:
        values[setting.keyword], origins[setting.name] = _value(setting, inputs)
    return _assembled(values, origins, inputs)


def _assembled(values: dict[str, Any], origins: dict[str, Origin], inputs: _Inputs) -> Config:
    root: Path = values["migrations"].parent
    if values["application"] is None:
        values["application"] = root.name or "application"
        origins["application"] = origins["application"]._replace(text=values["application"])
    file_warnings = inputs.file.warnings if inputs.file else ()
    return Config(
        **values,
        root=root,
        file=inputs.file.path if inputs.file else None,
        origins=origins,
        warnings=(*file_warnings, *_misspelt_variables(inputs.environ)),
    )


def _with_file(inputs: _Inputs, file: Path | None) -> _Inputs:
    if file is not None:
        # The default of `migrations` stays in the working folder: nobody said that the project is beside this file.
        found = read_project_file(inputs.folder / file)
    else:
        found = find_project_file(_search_start(inputs))
        inputs = inputs._replace(default_folder=found.path.parent if found else None)
    if found is not None:
        _refuse_unknown_keys(found)
    return inputs._replace(file=found)


def _search_start(inputs: _Inputs) -> Path:
    if inputs.given_as is Source.FLAG:
        return inputs.folder
    migrations, origin = _value(_BY_NAME["migrations"], inputs)
    return inputs.folder if origin.source is Source.DEFAULT else migrations


def _value(setting: Setting, inputs: _Inputs) -> tuple[Any, Origin]:
    given, origin = _first_given(setting, inputs)
    if given is None:
        return None, origin
    try:
        value = setting.type.read(given, origin.folder)
    except ValueError:
        value = None
    if value is None:  # outside of the handler: an error that was handled there would keep the value in its chain
        raise _invalid(setting, given, origin)
    return value, origin._replace(text=setting.type.text(value))


def _invalid(setting: Setting, given: object, origin: Origin) -> InvalidSettingError:
    value = "" if setting.type in (DATABASE, SHADOW) else f": {shown(given)}"
    return InvalidSettingError(
        f"{origin.name} is not {setting.type.name}{value}", hint=setting.type.legal, place=origin.place
    )


def _first_given(setting: Setting, inputs: _Inputs) -> tuple[object, Origin]:
    sources = [_from_arguments, _from_environment, _from_file]
    if setting.operations_win and inputs.given_as is Source.ARGUMENT:
        sources = [_from_environment, _from_arguments, _from_file]
    for source in sources:
        given, origin = source(setting, inputs)
        if given is not None:
            return given, origin
    return setting.default, Origin(Source.DEFAULT, f"the default of {setting.name}", _default_folder(inputs))


def _default_folder(inputs: _Inputs) -> Path:
    return inputs.default_folder or inputs.folder


def _from_arguments(setting: Setting, inputs: _Inputs) -> tuple[object, Origin]:
    name = setting.flag if inputs.given_as is Source.FLAG else f"the argument {setting.keyword}"
    return inputs.arguments.get(setting.keyword), Origin(inputs.given_as, name, inputs.folder)


def _from_environment(setting: Setting, inputs: _Inputs) -> tuple[object, Origin]:
    given = inputs.environ.get(setting.variable, "").strip()
    return given or None, Origin(Source.ENVIRONMENT, setting.variable, inputs.folder)


def _from_file(setting: Setting, inputs: _Inputs) -> tuple[object, Origin]:
    file = inputs.file
    if file is None:
        return None, Origin(Source.FILE, setting.name, inputs.folder)
    name = f"{setting.name} in {file.table}" if file.table else setting.name
    place = Place(file.path, file.lines.get(setting.name))
    return file.values.get(setting.name), Origin(Source.FILE, name, file.path.parent, place)


def _refuse_unknown_arguments(inputs: _Inputs) -> None:
    for keyword in inputs.arguments:
        if keyword not in _BY_KEYWORD:
            raise UnknownSettingError(f"{keyword} is no setting", hint=_meant(keyword.replace("-", "_"), _BY_KEYWORD))


def _refuse_unknown_keys(file: ProjectFile) -> None:
    for key in file.values:
        if key not in _BY_NAME:
            table = f" in {file.table}" if file.table else ""
            hint = _meant(key.lower().replace("_", "-"), _BY_NAME)
            place = Place(file.path, file.lines.get(key))
            raise UnknownSettingError(f"{key}{table} is no setting", hint=hint, place=place)


def _meant(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known := list(known), n=1)
    return f"Did you mean {near[0]}?" if near else f"The settings are {', '.join(known)}."


def _misspelt_variables(environ: Mapping[str, str]) -> Iterator[str]:
    # Only a warning: others may use the prefix too, and an environment is not always ours to clean.
    for name in sorted(environ):
        if name.startswith(VARIABLE_PREFIX) and name not in _BY_VARIABLE:
            word = name.removeprefix(VARIABLE_PREFIX).lower()
            for near in difflib.get_close_matches(word, _BY_KEYWORD, n=1, cutoff=0.75):
                yield f"the variable {name} is not read; did you mean {_BY_KEYWORD[near].variable}?"
