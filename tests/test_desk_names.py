"""Names stay hidden until somebody switches them on, and the order is nobody's."""

from __future__ import annotations

from pathlib import Path

from tests.desk_client import Client, Q, desk


def test_names_are_hidden_until_they_are_switched_on(ann: Client) -> None:
    pages = ["/", f"/question/{Q}", f"/api/question/{Q}"]
    pages += [f"/student/{key}" for key in ann.students()]
    pages += [f"/api/answer/{Q}/{key}" for key in ann.students()]
    for path in pages:
        text = ann.ask("GET", path).text
        for part in ("Müller", "Anna", "100000", "Cem", "Öz", "Lee"):
            assert part not in text, path
    answer = ann.ask("POST", "/api/names", {"show": True})
    ann.cookie += "; " + answer.headers["set-cookie"].partition(";")[0]
    assert "Anna-Müller-100000" in ann.ask("GET", "/").text


def test_downloads_are_attachments_without_names(ann: Client) -> None:
    for key in ann.students():
        answer = ann.ask("GET", f"/download/{key}/0")
        said = answer.headers["content-disposition"]
        assert said.startswith("attachment; filename*=UTF-8''Student%20")
        assert answer.headers["content-type"] == "application/octet-stream"


def test_the_order_is_shuffled_for_each_question_and_stable(ann: Client, out: Path) -> None:
    orders = {
        id: [one["key"] for one in ann.get(f"/api/question/{id}")["students"]]
        for id in ("1.1", "1.4", "1.5a", "1.6-text")
    }
    assert len({tuple(order) for order in orders.values()}) > 1
    with desk(out) as again:
        assert again.students() == orders[Q]


def test_a_hand_in_that_has_gone_says_so_without_the_name(ann: Client, out: Path) -> None:
    student = next(
        key for key in ann.students() if ann.ask("GET", f"/download/{key}/0").status == 200
    )
    for path in (out.parent / "download").iterdir():
        path.unlink()
    answer = ann.ask("GET", f"/download/{student}/0")
    assert answer.status == 503
    assert "open it again" in answer.text
    assert [part for part in ("Müller", "Lee", "Öz", "Mai") if part in answer.text] == [], (
        answer.text
    )
