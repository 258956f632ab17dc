"""Grade many submissions: archives in, one JSON a submission out, on this machine or a cluster.

command.py        `python -m grader batch` and `python -m grader marks`
listing.py        lists what lies in a folder or in a platform's ZIP
platforms.py      reads from a name whose a file is
intake.py         finds the hand-ins, one a student
hand_in.py        chooses what counts of a hand-in
levels.py         notices a source that lies a level too high or too low
names.py          gives every student a name and a file name of their own
task.py           describes a submission to grade, and what its result depends on
lacking.py        names the packages that submissions import and this machine lacks
grading.py        grades what is missing, and what is unsettled once more
executors.py      hands out tasks to threads of this process or to Dask
judge_pool.py     keeps warm judge processes
judge.py          runs in a judge process: grades each submission in a fork
outcome.py        reports on what could not be judged, and says what is worth a second try
store.py          the folder of results
progress.py       shows progress on the terminal
similar.py        finds submissions that share code
write_reports.py  makes all reports from the results
"""
