"""Conclusion of an audit: complete only for audited months.

A month counts by the surfaces that listed it.
"""

from __future__ import annotations

from archive.core.formatting import count, when
from archive.core.records import POST
from archive.storage.coverage_records import by_what
from crawler.audit.findings import Findings
from crawler.runs.conclusion import Conclusion, RunEnd
from crawler.runs.outcome import kept_away
from crawler.spiders.verify import VerifySpider


def conclude_audit(end: RunEnd, spider: VerifySpider) -> Conclusion:
    """Return the conclusion of an audit.

    Outcomes are complete, incomplete, unproved, blocked, interrupted and failed.
    """
    outcome, sentence = _outcome(end, spider)
    return Conclusion(outcome=outcome, sentence=sentence, state=end.state)


def _outcome(end: RunEnd, spider: VerifySpider) -> tuple[str, str]:
    report = spider.report
    findings = spider.findings
    found = _found(spider, to_the_end=end.reason == "finished")
    if away := kept_away(report, "verification", found, obstacle=report.obstacle):
        return "blocked", away
    found = " ".join(filter(None, [report.obstacle, found]))
    if report.fault is not None:
        return "failed", f"{report.fault} So the verification ended. {found}"
    if report.limit_seconds is not None:
        return (
            "interrupted",
            f"The time limit ended the verification early; the next one continues. {found}",
        )
    if end.reason == "shutdown":
        return "interrupted", f"The verification was stopped early; the next one continues. {found}"
    if end.reason != "finished" or end.exceptions or report.faults or report.lost:
        return (
            "failed",
            f"An error in Backissue ended the verification ({end.reason}); see the log. {found}",
        )
    if findings.missing.total():
        return "incomplete", found
    has_unproved = any(proof.unproved for proof in findings.proofs)
    if report.missing_lists or report.cut_off or has_unproved:
        return "unproved", found
    return "complete", found


def _found(spider: VerifySpider, *, to_the_end: bool) -> str:
    report = spider.report
    findings = spider.findings
    unproved = {proof.month for proof in findings.proofs if proof.unproved}
    proved = (proof for proof in findings.proofs if not proof.unproved)
    believed = ((proof.kind, proof.surface) for proof in proved)
    checked = {proof.month for proof in findings.proofs}
    months = count(len(checked), "month")
    parts = [f"{months} checked{by_what(believed)}."]
    if unproved:
        parts.append(f"{count(len(unproved), 'month')} cannot be proved.")
    numbers = sorted(findings.missing.items())
    missing = [count(number, kind) for kind, number in numbers if number]
    whole = to_the_end and not (unproved or report.missing_lists or findings.stopped_short)
    if missing:
        parts.append(f"Missing: {' and '.join(missing)}.")
    elif whole:
        parts.append(f"Nothing that the site lists is missing{_age(findings)}.")
    else:
        parts.append("Nothing was found missing.")
    if findings.fed and not unproved:
        parts.append(f"The feed lists {count(findings.fed, 'article')}, all of them in the sitemap.")
    if len(findings.by_type) > 1:
        parts.append(f"The site lists {_by_type(findings)}.")
    if findings.left_out:
        parts.append(f"Not archived: {_left_out(findings)}.")
    if findings.stopped_short:
        parts.append("The budget is spent; the next verification continues.")
        if not findings.proofs:
            parts.append("It was too small for the first month.")
    if refused := [*report.missing_lists, *report.cut_off]:
        parts.append(f"Not available: {'; '.join(refused)}.")
    return " ".join(parts)


def _age(findings: Findings) -> str:
    """Return how old the pages are whose numbers of comments were believed, or ""."""
    read = [proof.proved_at for proof in findings.proofs if proof.surface == "page" and not proof.unproved]
    oldest = min(read, default=findings.started_at)
    if oldest >= findings.started_at:
        return ""
    return f"; for comments, as of the last visits to their pages, the earliest at {when(oldest)}"


def _by_type(findings: Findings) -> str:
    """Return the number of items of each content type, posts first."""
    numbers = dict(findings.by_type)
    names = sorted(numbers, key=lambda name: (name != POST, -numbers[name], name))
    return ", ".join(f"{numbers[name]:,} of type {name}" for name in names)


def _left_out(findings: Findings) -> str:
    named = []
    for name, number in findings.left_out.items():
        if number:
            name = f"{number:,} {name}"
        named.append(name)
    return ", ".join(named)
