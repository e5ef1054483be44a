"""`execute_sql_file`: what a runner calls instead of opening a connection of its own."""

from __future__ import annotations

import os
from pathlib import Path

from seltzer.commands.call import Call
from seltzer.commands.direct import changing
from seltzer.commands.start import open_target
from seltzer.config import Source, read_config
from seltzer.db.connect import connect
from seltzer.db.message import Refusal, Wire
from seltzer.db.pooler import is_pooled
from seltzer.db.session import GuardedConnection
from seltzer.errors.base import alone
from seltzer.execute.failure import ALONE, Frame, refused_script
from seltzer.execute.pooled import find, give_back
from seltzer.execute.runner import current_runner, transaction_shape
from seltzer.source.read import read_script


def execute_sql_file(path: str | os.PathLike[str], **settings: object) -> None:
    """Run a file's SQL in one transaction.

    Inside a runner it joins the run: the same database and one transaction for all files of the runner, which ends
    with the history row, so that it happens exactly once. Anywhere else it connects by itself, to the database of
    the project that the file lies in, and writes no history.

    Args:
        path: The file; a relative one starts at the runner's folder, or else at the working directory.
        settings: Outside of a runner: any setting, by keyword (`database=…`).

    Raises:
        FilesError: The file cannot be read or parsed, or has a statement that cannot be in a transaction.
        StatementError: PostgreSQL refused a statement; everything was rolled back.
    """
    with alone():
        call = current_runner()
        if call is not None:
            call.execute_file(Path(path))
        else:
            _execute(Path(path).absolute(), settings)


def _execute(file: Path, settings: dict[str, object]) -> None:
    text, statements = read_script(file)
    shape = transaction_shape(file, text, statements)
    # The file lies in migrations/<module>/: its project is where the settings are looked for.
    arguments = {"migrations": file.parent.parent, **settings}
    config = read_config(arguments, given_as=Source.ARGUMENT, environ=os.environ, working_folder=Path.cwd())
    with (
        open_target(Call(config)) as target,
        changing(Call(config), target) as changed,
        connect(changed.parameters, GuardedConnection) as conn,
    ):
        wire = Wire(conn)
        begin = "".join(f"{command};\n" for command in shape.begin)
        frame = Frame(len(shape.begin), len(begin))
        try:
            if is_pooled(changed.conn):
                frame = ALONE
                _send_and_give_back(wire, begin, shape.body)
            else:
                wire.send(begin + f"{shape.body}\n;\nCOMMIT")
        except Refusal as refusal:
            wire.roll_back()
            raise refused_script(refusal, frame, shape.statements, (file, text)) from None


def _send_and_give_back(wire: Wire, begin: str, body: str) -> None:
    """Behind a pooler the session is somebody else's next: it is left as it was found."""
    wire.send(begin)
    found = find(wire)
    wire.send(body)
    wire.send(give_back(wire, found) + "COMMIT")
