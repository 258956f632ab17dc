import rnn
from checks import test_of
from unitgrade import Report, UTestCase, evaluate_report_student


class Step(UTestCase):
    test_state = test_of("state")
    test_dW = test_of("dW")
    test_db = test_of("db")
    test_dx = test_of("dx")
    test_dh = test_of("dh")


class Assignment(Report):
    title = "A step of an RNN"
    questions = ((Step, 5),)
    pack_imports = (rnn,)


if __name__ == "__main__":
    evaluate_report_student(Assignment(), noprogress=True)
