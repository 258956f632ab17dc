"""Read the names in a download of Brightspace (D2L), and give grades and feedback back.

Checked against public scripts that read such downloads: folders ``USER-FOLDER - NAME - DATE`` with
an ``index.html`` beside them, one for each time of handing in, or, if files lie side by side, the
same with `` - FILE`` at the end. Brightspace's importer is not public. Tools that write
its tables have people by ``OrgDefinedId`` or ``Username``, a column ``TITLE Points Grade``,
and `End-of-Line Indicator` at the end. Feedback goes back in folders of the same names. A download
shows no ``Username``, so people are found by their names, if no two bear the same.
"""

from __future__ import annotations

import datetime
import re

from grader.batch.platforms.base import Name, Part, Platform
from grader.reports.gradebooks import Gradebook

DATE = r"(?P<date>[^-/]*?\b\d{4}\b[^-/]*?\b\d{3,4}(?: ?[AaPp]\.?[Mm]\.?)?)"
NAME = re.compile(
    rf"(?P<place>(?P<user>\d+)-\d+ - (?P<name>.+?) - {DATE})(?: - (?P<file>.+))?", re.DOTALL
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_FIRST = re.compile(r"(?P<month>[^\W\d_]+)\.? (?P<day>\d{1,2}), (?P<year>\d{4})")
DAY_FIRST = re.compile(r"(?P<day>\d{1,2}) (?P<month>[^\W\d_]+)\.?,? (?P<year>\d{4})")
CLOCK = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d\d)(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?")

GRADEBOOK = Gradebook(
    title="Brightspace's grades",
    people={
        "name": ("First Name", "Last Name"),
        "OrgDefinedId": ("OrgDefinedId",),
        "Username": ("Username",),
    },
    grade=re.compile(r".* Points Grade(?: <Numeric MaxPoints:(?P<maximum>[\d.,]+)[^>]*>)?"),
    needs="export the grades with Org Defined ID, first and last names, and points grades",
)


class Brightspace(Platform):
    """Folders, or files side by side, each with the time of handing in."""

    name = "brightspace"
    title = "Brightspace"
    gradebook = GRADEBOOK
    form = "397063-2557369 - Anna Smith - Sep 24, 2026 926 PM"
    own = re.compile(r"index\.html")

    def part(self, name: Name) -> Part | None:
        """Read a name. Whose it is, the number in front says."""
        match = NAME.fullmatch(name.text)
        if match is None or name.is_folder == bool(match["file"]):
            return None
        submitted = time_of(match["date"])
        return Part(
            who=f"{match['user']} {match['name']}",
            owner=match["name"],
            place=match["place"],
            file=match["file"] or "",
            attempt=submitted or f"? {match['date']}",
            submitted=submitted,
            ids=(("name", match["name"]),),
            claim=match["user"],
        )

    def feedback_path(self, place: str) -> str:
        """Return the path by which "add feedback files" finds the hand-in."""
        return f"{place}/feedback.html"


def time_of(text: str) -> str | None:
    """Return a date of Brightspace as an ISO 8601 time; None in a language not known here."""
    date = MONTH_FIRST.search(text) or DAY_FIRST.search(text)
    clock = CLOCK.fullmatch(text[date.end() :].strip(" ,")) if date else None
    if date is None or clock is None or date["month"][:3].lower() not in MONTHS:
        return None
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower() == "p" else 0)
    month = MONTHS.index(date["month"][:3].lower()) + 1
    try:
        time = datetime.datetime(
            int(date["year"]), month, int(date["day"]), hour, int(clock["minute"])
        )
    except ValueError:
        return None
    return time.isoformat()
