"""The GitHub Action and the pre-commit hooks: read as their readers do, their commands run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from docs.manual_pages import page_on, reader_environment
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Database, Project

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
GOOD = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n"
BAD = "CREATE TABLE users (id bigint PRIMARY KEY);\n"

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository whose migrations are tried on the server of the tests."""
    monkeypatch.setenv("SELTZER_SHADOW", project.database.url)
    project.write({"users/create_tables.sql": GOOD})
    git(project.root, "init", "--quiet", "--initial-branch", "main")
    commit(project.root)
    return project


def git(folder: Path, *arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "x")


def run_action(folder: Path, inputs: Mapping[str, str]) -> tuple[int, str, str]:
    """Run the action's steps as GitHub's runner does: exit code, log, and the job's summary."""
    assert set(inputs) <= set(ACTION["inputs"])
    given = {name: str(inputs.get(name, item["default"])) for name, item in ACTION["inputs"].items()}
    summary = folder.parent / "summary.md"
    log = ""
    for step in ACTION["runs"]["steps"]:
        if step.get("if") == "inputs.install != ''" and not given["install"]:
            continue
        variables = {name: filled(value, given) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder / filled(step.get("working-directory", "."), given),
            env={**reader_environment(), "GITHUB_STEP_SUMMARY": str(summary), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        log += done.stdout
        if done.returncode:
            return done.returncode, log, summary.read_text(encoding="utf-8") if summary.exists() else ""
    return 0, log, summary.read_text(encoding="utf-8")


def filled(text: str, inputs: Mapping[str, str]) -> str:
    """A text with the expressions that GitHub fills in."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], text)


def test_the_action_is_one(binaries: object) -> None:
    """By GitHub's own schema; every input has its words, and no step reads one but through its environment."""
    del binaries
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
        ROOT / "action.yml",
    ]
    subprocess.run(command, check=True, capture_output=True)

    assert all(item["description"] for item in ACTION["inputs"].values())
    assert ACTION["inputs"]["install"]["default"] == f"seltzer[embedded]=={__version__}"
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step["run"]]


def test_the_action_annotates_what_is_wrong_and_fails(shop: Project) -> None:
    """The log has an annotation, the summary a table, the files what they are for."""
    shop.write({"users/create_tables.sql": BAD})
    inputs = {"install": "", "arguments": "--only idempotent", "sarif": "check.sarif", "html": "check.html"}

    code, log, summary = run_action(shop.root, inputs)

    assert code == 3
    assert re.search(r"^::error file=migrations/users/create_tables\.sql,line=1,title=", log, re.MULTILINE)
    assert summary.startswith("### Migrations: 1 error")
    (run,) = json.loads((shop.root / "check.sarif").read_text(encoding="utf-8"))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("migrations/")
    assert "<title>Migrations: 1 error</title>" in (shop.root / "check.html").read_text(encoding="utf-8")


def test_the_action_is_content_with_good_migrations(shop: Project) -> None:
    """In any folder, with what is installed already; no file is written that nobody asked for."""
    (shop.root / "backend").mkdir()
    (shop.root / "migrations").rename(shop.root / "backend/migrations")

    code, log, summary = run_action(
        shop.root, {"install": "pip\n", "working-directory": "backend", "arguments": "--only\n  idempotent\n"}
    )

    assert (code, re.findall("^::.*", log, re.MULTILINE)) == (0, [])
    assert "atomic" not in summary
    assert summary.startswith("### Migrations: nothing found")
    assert sorted(path.name for path in (shop.root / "backend").iterdir()) == ["migrations"]


def test_the_action_says_what_keeps_it_from_checking(shop: Project) -> None:
    """A file that does not parse has its annotation and its words on the page; nothing is there to upload."""
    shop.write({"users/create_tables.sql": "CREATE TABEL users (id bigint);"})

    code, log, summary = run_action(shop.root, {"install": "", "sarif": "check.sarif"})

    assert code == 2
    assert re.search(r"^::error file=migrations/users/create_tables\.sql,line=1,col=8,title=", log, re.MULTILINE)
    assert summary.startswith("### Migrations: not checked")
    assert not (shop.root / "check.sarif").exists()


def test_an_input_is_no_command(shop: Project) -> None:
    """What a workflow passes on from a pull request is words."""
    _, _, _ = run_action(
        shop.root, {"install": "", "arguments": "$(touch a) ; touch b `touch c`", "sarif": "$(touch d)"}
    )

    assert [name for name in "abcd" if (shop.root / name).exists()] == []


def hook(name: str, shop: Project) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does: without a terminal, at the top of the repository."""
    assert HOOKS[name]["pass_filenames"] is False
    return subprocess.run(
        shlex.split(HOOKS[name]["entry"]),
        cwd=shop.root,
        env=reader_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_hooks_look_at_migrations_only(binaries: object) -> None:
    """Wherever they are in the repository; each is installed with all that it needs."""
    del binaries
    for item in HOOKS.values():
        for path in ("migrations/users/0001_a.sql", "backend/migrations/users/run.py"):
            assert re.search(item["files"], path)
        assert not re.search(item["files"], "my_migrations/users/a.sql")
        assert item["language"] == "python"
    assert any("pgserver" in item for item in HOOKS["seltzer-check"]["additional_dependencies"])


def test_a_commit_with_a_bad_migration_is_held_up(shop: Project) -> None:
    """What is about to be committed is tried, and said at length; what was committed before is not."""
    shop.write({"teams/create_tables.sql": BAD.replace("users", "teams")})
    held = hook("seltzer-check", shop)
    commit(shop.root)
    let = hook("seltzer-check", shop)

    assert held.returncode == 3
    assert "CREATE TABLE IF NOT EXISTS teams" in held.stdout
    assert "users/create_tables" not in held.stdout
    assert (let.returncode, let.stdout) == (0, "")


def test_the_first_commit_of_a_repository_is_tried_too(shop: Project) -> None:
    """HEAD has nothing in it then, so that everything is new."""
    shutil.rmtree(shop.root / ".git")
    git(shop.root, "init", "--quiet", "--initial-branch", "main")
    good = hook("seltzer-check", shop)
    shop.write({"users/create_tables.sql": BAD})
    held = hook("seltzer-check", shop)

    assert (good.returncode, good.stdout) == (0, "")
    assert held.returncode == 3
    assert "CREATE TABLE IF NOT EXISTS users" in held.stdout


def test_a_commit_without_an_order_is_held_up(shop: Project) -> None:
    """Without a server."""
    good = hook("seltzer-plan", shop)
    shop.write({"users/0001_a.sql": "SELECT 1;", "users/0001_b.sql": "SELECT 1;"})
    bad = hook("seltzer-plan", shop)

    assert (good.returncode, good.stdout) == (0, "")
    assert bad.returncode == 2
    assert "have the same number" in bad.stderr


def test_the_workflow_of_the_manual_uses_the_action(database: Database, tmp_path: Path) -> None:
    """Its inputs are those of the action, and it may write what it uploads."""
    page = page_on("frameworks/github-actions", tmp_path, database)
    (job,) = yaml.safe_load(page.file(".github/workflows/check.yaml"))["jobs"].values()
    (inputs,) = [step["with"] for step in job["steps"] if "seltzer@" in step.get("uses", "")]
    uploads: list[dict[str, Any]] = [step for step in job["steps"] if "upload-sarif" in step.get("uses", "")]

    assert set(inputs) <= set(ACTION["inputs"])
    assert [step["with"]["sarif_file"] for step in uploads] == [inputs["sarif"]]
    assert [step["if"] for step in uploads] == [f"always() && hashFiles('{inputs['sarif']}') != ''"]
    assert job["permissions"]["security-events"] == "write"


def test_the_gitlab_job_of_the_manual_writes_what_it_hands_over(database: Database, tmp_path: Path) -> None:
    """By GitLab's own schema; both reports are there although the check fails."""
    page = page_on("how-to/check-formats", tmp_path, database)
    page.write_files()
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    job = yaml.safe_load(page.file(".gitlab-ci.yml"))["check"]
    install, check = job["script"]

    done = page.run(["bash", "-c", f"{check} --only idempotent"])

    assert install.startswith("pip install")
    assert done.returncode == 3
    assert job["artifacts"]["when"] == "always"
    reports = {name: (tmp_path / file).read_text("utf-8") for name, file in job["artifacts"]["reports"].items()}
    assert json.loads(reports["codequality"])[0]["severity"] == "critical"
    assert reports["junit"].startswith("<?xml")
