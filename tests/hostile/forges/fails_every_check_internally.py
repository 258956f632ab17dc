# An error that looks like the grader's own must not earn what was not tried.
import grader.worker.answering as process

process.handle = lambda *_: {"status": "internal", "traceback": "the grader's own fault"}
