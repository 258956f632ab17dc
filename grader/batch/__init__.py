"""Many submissions: archives in, one JSON a submission out, on this machine or on a cluster.

intake.py    finds the submissions in a folder or in Moodle's download, chooses among resends
task.py      what travels to a judge, and what its result depends on
judge.py     a warm process that grades one submission after another, each in a fork of itself
lane.py      the handle to such a process, here or on a cluster's worker
pool.py      hands out tasks to lanes, to threads of this process or to Dask
store.py     the folder of results: what is finished, what is still valid
progress.py  what the terminal shows meanwhile
similar.py   pairs of submissions that a person should look at
command.py   `python -m grader batch` and `python -m grader marks`
"""
