"""Make reports from results by pure functions, one module a format.

rows.py        what all of them are made from: a row a student, a mark a question
tables.py      grades.csv, and cells that a spreadsheet will not run
marks.py       marks.csv, a person's part of the points
pages.py       feedback for a student and the report on the course, from templates/
statistics.py  the numbers of the report on the course
moodle.py      Moodle's grading worksheet and its ZIP of feedback files
gradescope.py  results.json as Gradescope wants it
"""
