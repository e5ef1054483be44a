"""`check --fix`: what is found is written as it should be, in files that are applied nowhere."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from seltzer.claims.finding import APPLIES
from seltzer.claims.fixes.folder import FixedFolder
from seltzer.claims.fixes.rewriting import Written, reason_of
from seltzer.claims.fixes.splitting import CannotSplit, Piece
from seltzer.claims.guidelines.files import source_of
from seltzer.commands.check_result import Fixed
from seltzer.commands.guidelines import guideline_settings
from seltzer.commands.touchable import Touchable
from seltzer.source.edits import put_back_on_error, write_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from seltzer.claims.finding import Finding
    from seltzer.claims.guidelines.settings import GuidelineSettings
    from seltzer.commands.call import Call
    from seltzer.commands.check_result import CheckResult
    from seltzer.commands.checked import Asked, Chosen
    from seltzer.model import MigrationFile

_BOM = b"\xef\xbb\xbf"


class Fixes(NamedTuple):
    """What a fix comes to.

    Attributes:
        edits: The new content of files; None where one goes.
        fixed: What that settles.
        left: What it does not, with the reason.
        ids: The migrations that come out of each one that was fixed.
    """

    edits: dict[Path, bytes | None]
    fixed: list[Fixed]
    left: list[tuple[Finding, str]]
    ids: dict[str, list[str]]


def write_fixes(
    call: Call, asked: Asked, first: tuple[CheckResult, Chosen], check: Callable[[Asked], CheckResult]
) -> CheckResult:
    """Write what can be written, and check what came out; what would fail then is put back as it was.

    Args:
        call: The settings.
        asked: What was checked.
        first: What was found, and in which files.
        check: Checks again.

    Raises:
        UsageError: Nobody knows which files are applied.
        FilesError: A file does not parse, or cannot be written.
    """
    result, chosen = first
    findings: Sequence[Finding] = result.findings
    put_back: list[tuple[Finding, str]] = []
    while True:
        fixes = fixes_of(call, asked, chosen, findings)
        fixes.left.extend(put_back)
        if not fixes.edits:
            call.warn(reasons(fixes, result.findings))
            return result
        judged = dict.fromkeys(item.id for item in result.judgements)
        with put_back_on_error(fixes.edits) as edited:
            write_edits(fixes.edits)
            again = check(replace(asked, ids=ids_after(asked.ids, judged, fixes.ids)))
            failing = _failing(result, again, fixes)
            if failing:
                write_edits(edited)
        if not failing:
            call.warn(reasons(fixes, again.findings))
            return replace(again, fixed=tuple(fixes.fixed), duration_ms=result.duration_ms + again.duration_ms)
        put_back += [(item, failing[item.id]) for item in findings if item.id in failing]
        findings = [item for item in findings if item.id not in failing]


def _failing(before: CheckResult, after: CheckResult, fixes: Fixes) -> dict[str, str]:
    """The migrations that applied, and whose files do not apply any more, with what is said then."""
    known = {item.id for item in before.findings if item.rule == APPLIES}
    said = {item.id: item.message for item in after.findings if item.rule == APPLIES}
    failing = ((id_, next((said[new] for new in made if new in said), None)) for id_, made in fixes.ids.items())
    return {id_: f"as it would be written {words}" for id_, words in failing if words and id_ not in known}


def fixes_of(call: Call, asked: Asked, chosen: Chosen, findings: Sequence[Finding]) -> Fixes:
    """Work out what is to be written; nothing is.

    Raises:
        UsageError: Nobody knows which files are applied.
        FilesError: A file does not parse.
    """
    files = {file.id: file for file in chosen.files}
    touchable = Touchable(call, asked, chosen)
    by_path = {path: file for file in chosen.files for path in (*file.members, *([file.down] if file.down else []))}
    folder = FixedFolder(by_path, lambda path: touchable.reason_not(by_path[path]))
    found = Fixes({}, [], [], {})
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.id].append(finding)
    # The first first: what makes way for its pieces is still to be fixed, and is looked for where it is then.
    for id_ in sorted(groups):
        reason = touchable.reason_not(files[id_])
        if reason is not None:
            found.left.extend((finding, reason) for finding in groups[id_])
        else:
            _fix_file(folder, files[id_], groups[id_], found, guideline_settings(call.config))
    found.edits.update(folder.edits())
    for file in chosen.files:
        if file.path in folder.before and file.number is not None:
            found.ids.setdefault(file.id, [f"{file.module}/{folder.now_at(file.path).stem}"])
    return found


def _fix_file(
    folder: FixedFolder, file: MigrationFile, findings: Sequence[Finding], found: Fixes, settings: GuidelineSettings
) -> None:
    at = folder.now_at(file.path)
    raw = folder.contents[at]
    text = raw.removeprefix(_BOM).replace(b"\r\n", b"\n")
    if _as_before(text, raw) != raw:
        found.left.extend((finding, "its lines end in two ways") for finding in findings)
        return
    own = [finding for finding in findings if finding.file == file.path]
    written = Written(source_of(file, file.path, text.decode()), own, settings)
    paths = [at]
    try:
        pieces = [Piece(piece.suffix, _as_before(piece.data, raw)) for piece in written.pieces()]
        paths = folder.split(at, pieces) if len(pieces) > 1 else paths
    except CannotSplit as reason:
        pieces = [Piece("", _as_before(written.keep(str(reason)), raw))]
    if len(pieces) == 1:
        folder.contents[at] = pieces[0].data
    ids = [f"{file.module}/{path.stem}" for path in paths]
    found.ids[file.id] = ids
    found.fixed.extend(Fixed(item.rule, item.id, item.file, item.message, tuple(paths)) for item in written.done)
    told = {id(finding) for finding, _ in written.refused} | {id(finding) for finding in written.done}
    found.left.extend([*written.refused, *((item, reason_of(item)) for item in findings if id(item) not in told)])


def _as_before(data: bytes, raw: bytes) -> bytes:
    """Text with the line ends and the byte order mark that a file had."""
    text = data.replace(b"\n", b"\r\n") if b"\r\n" in raw else data
    return (_BOM if raw.startswith(_BOM) else b"") + text


def reasons(fixes: Fixes, findings: Iterable[Finding]) -> list[str]:
    """What was not fixed and why, a line for each file, rule and reason.

    Args:
        fixes: What was done.
        findings: What is found now: one thing that is written often settles more than one finding.
    """
    found = {(finding.id, finding.rule) for finding in findings}
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for finding, reason in fixes.left:
        if any((id_, finding.rule) in found for id_ in fixes.ids.get(finding.id, [finding.id])):
            counts[finding.id, finding.rule, reason] += 1
    return [f"not fixed: {id_}: {rule} ({count}): {reason}" for (id_, rule, reason), count in sorted(counts.items())]


def ids_after(ids: Sequence[str], judged: Iterable[str], made: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What to check again where ids were asked for: all that came out of them."""
    return tuple(new for id_ in judged for new in made.get(id_, (id_,))) if ids else ()
