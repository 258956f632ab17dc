import unittest

from checks import test_of
from gradescope_utils.autograder_utils.decorators import weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner


class Step(unittest.TestCase):
    test_state = weight(1)(test_of("state"))
    test_dW = weight(1)(test_of("dW"))
    test_db = weight(1)(test_of("db"))
    test_dx = weight(1)(test_of("dx"))
    test_dh = weight(1)(test_of("dh"))


if __name__ == "__main__":
    JSONTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(Step))
