"""The pages on Kubernetes, GitHub Actions and pre-commit: their YAML is read, and the commands in it run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from docs.manual_pages import MANUAL, Page, page_on
from docs.page_processes import applied, serving, until
from seltzer.server import find_binaries, server_status, stop_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Database

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

REPLICA = "shop_replica"
AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture
def replica(database: Database) -> Iterator[str]:
    """The role of the replicas, gone after the test."""
    yield REPLICA
    database.query(f"DROP OWNED BY {REPLICA}")
    database.query(f"DROP ROLE {REPLICA}")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A project's folder; the private server it gets is gone after the test."""
    yield tmp_path
    binaries = find_binaries()
    stop_server(tmp_path / ".seltzer", binaries)
    shutil.rmtree(server_status(tmp_path / ".seltzer", binaries).data.parent, ignore_errors=True)


def container_of(document: dict[str, Any]) -> dict[str, Any]:
    """The one container of a job or deployment."""
    (container,) = document["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = container
    return found


def environment_of(container: dict[str, Any], secrets: dict[str, dict[str, str]]) -> dict[str, str]:
    """The variables of a container, those from secrets too."""
    found: dict[str, str] = {}
    for item in container["env"]:
        secret = item.get("valueFrom", {}).get("secretKeyRef")
        found[item["name"]] = secrets[secret["name"]][secret["key"]] if secret else item["value"]
    return found


def test_kubernetes(tmp_path: Path, database: Database, replica: str) -> None:
    """The replicas wait until the job has applied everything, and then serve, with a role that changes nothing."""
    page = page_on("frameworks/kubernetes", tmp_path, database)
    page.environment = {}
    Page("frameworks/fastapi", tmp_path).write_files()
    job, deployment = yaml.safe_load_all(page.file("release.yaml"))
    secrets = {
        "shop-owner": {"url": database.url},
        "shop-replica": {
            "host": str(database.server.socket_folder),
            "port": str(database.server.port),
            "name": database.name,
        },
    }
    page.act(database)
    pod = container_of(deployment)

    with ExitStack() as stack:
        line, variables = shlex.join(pod["command"]), environment_of(pod, secrets)
        services = [
            stack.enter_context(serving(page, line, str(pod["ports"][0]["containerPort"]), variables))
            for _ in range(deployment["spec"]["replicas"])
        ]
        sessions = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{replica}'"
        until(lambda: database.query(sessions) == [(len(services),)], "all replicas wait")
        served_before = [service.listens() for service in services]
        task = container_of(job)
        done = page.run(task["command"], environment_of(task, secrets))
        for service in services:
            service.until_it_serves()
        answers = [service.ask("GET", pod["startupProbe"]["httpGet"]["path"]) for service in services]

    assert served_before == [False, False]
    assert done.returncode == 0, done.stdout
    assert answers == [(200, "[]"), (200, "[]")]
    assert database.query("SELECT id, application_version FROM seltzer.history") == [("users/create_tables", "2.4.0")]
    assert page.unused() == []


def steps_of(job: dict[str, Any]) -> list[str]:
    """The commands of a workflow's job; what only sets up a machine is left out."""
    commands = [step["run"] for step in job["steps"] if "run" in step]
    return [command for command in commands if not command.startswith("pip install")]


def test_github_actions(folder: Path, database: Database) -> None:
    """The first job on a server of its own, the second on the database of the secret."""
    page = page_on("frameworks/github-actions", folder, database)
    page.write_files()
    jobs = yaml.safe_load(page.file(".github/workflows/migrations.yaml"))["jobs"]
    given: dict[str, str] = {"${{ secrets.DATABASE_URL }}": database.url, "${{ github.sha }}": "1f0c2d3"}

    for job in jobs.values():
        page.environment = {name: given.get(str(value), str(value)) for name, value in job["env"].items()}
        for command in steps_of(job):
            done = page.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command])
            assert done.returncode == 0, f"{command}\n{done.stdout}"

    assert [len(steps_of(job)) for job in jobs.values()] == [5, 2]
    assert applied(database) == ["users/create_tables", "users/0001_add_email"]
    assert database.query("SELECT DISTINCT application_version FROM seltzer.history") == [("1f0c2d3",)]
    assert page.unused() == []


def test_pre_commit(tmp_path: Path, database: Database) -> None:
    """The hooks of a project say nothing of good files, and fail where a number stands twice; ours are those two."""
    page = page_on("frameworks/pre-commit", tmp_path, database)
    del page.environment["SELTZER_DATABASE"]
    page.write_files()
    configured = [yaml.safe_load(block.text) for block in page.blocks if block.file == ".pre-commit-config.yaml"]
    ours, own = ([hook for item in config["repos"] for hook in item["hooks"]] for config in configured)
    hook, check = own

    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "migrations"], cwd=tmp_path, check=True)
    subprocess.run(["git", *AUTHOR, "commit", "--quiet", "--message", "x"], cwd=tmp_path, check=True)
    good = page.run(shlex.split(hook["entry"]))
    tried = page.run(shlex.split(check["entry"]))
    for name in ("0001_one.sql", "0001_other.sql"):
        (tmp_path / "migrations/users" / name).write_text("SELECT 1;")
    bad = page.run(shlex.split(hook["entry"]))

    assert (good.returncode, good.stdout) == (0, "")
    assert (tried.returncode, tried.stdout) == (0, "")
    assert bad.returncode == 2
    assert "have the same number" in bad.stdout
    for item in own:
        assert re.search(item["files"], "migrations/users/0001_one.sql")
        assert not re.search(item["files"], "README.md")
    known = {item["id"]: item for item in yaml.safe_load((MANUAL.parent / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert [item["id"] for item in ours] == [item["id"] for item in own] == list(known)
    assert [item["entry"] for item in own] == [item["entry"] for item in known.values()]
    assert page.unused() == []
