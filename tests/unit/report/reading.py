"""What pipelines read, read as they do."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, fromstring

from markdown_it import MarkdownIt

JENKINS = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "file", "time"},
    "testcase": {"name", "time", "classname", "group"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set[str](),
}


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it: its name, its properties, its message."""
    match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert match, line
    facts = dict(item.split("=", 1) for item in match[2].split(","))

    def data(text: str) -> str:
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    def prop(text: str) -> str:
        return data(text.replace("%3A", ":").replace("%2C", ","))

    return match[1], {name: prop(value) for name, value in facts.items()}, data(match[3])


def suites_of(text: str) -> dict[str, dict[str, Element]]:
    """The cases of a report, by suite and name."""
    root = fromstring(text.encode())  # noqa: S314  # our own
    assert root.tag == "testsuites"
    return {
        suite.get("name", ""): {case.get("name", ""): case for case in suite.findall("testcase")}
        for suite in root.findall("testsuite")
    }


def assert_jenkins_takes(text: str) -> None:
    """Jenkins' xUnit plugin refuses a report that has anything else, or not what it asks for (junit-10.xsd)."""
    for element in fromstring(text.encode()).iter():  # noqa: S314  # our own
        assert set(element.keys()) <= JENKINS[element.tag]
        assert element.tag != "testsuite" or {"name", "tests", "failures", "errors"} <= set(element.keys())


def html_of(text: str) -> str:
    """Markdown as GitHub shows it: tables, and the few elements of HTML that it lets through."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
