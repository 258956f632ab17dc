from grader.worker.calling import call
from grader.worker.values import array, parts

NAMES = ("dW", "db", "dx", "dh")


def step(module, inputs):
    return array(call(module, "step", inputs, {}), "step's result")


def gradients(module, inputs):
    found = parts(call(module, "gradients", inputs, {}), NAMES, "gradients")
    return {name: array(found[name], name) for name in NAMES}
