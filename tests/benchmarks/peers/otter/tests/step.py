from checks import check
from otter.test_files import test_case

OK_FORMAT = False
name = "step"
points = 5


def case(answer):
    return test_case(points=1)(lambda step, gradients: check(answer, step, gradients))


test_state, test_dW, test_db = case("state"), case("dW"), case("db")
test_dx, test_dh = case("dx"), case("dh")
