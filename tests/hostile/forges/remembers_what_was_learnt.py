#: exercise = "memory_task"
#: file = "memory_task.py"
#: question = "M3"
#: skeleton = ""
#: at_most = 1.0
#: says = "begins with the weights"
#: select = "test_learner or test_loss"
#: time_scale = 1.0
# The weights that a training somewhere else has led to.
from numpy_rnn import RNN

other = RNN(1, 64, 1, rng=5)
honest = Learner(other, MSELoss(), generate_samples(64, 5, rng=1))
honest.train(600)


class Learner(Learner):
    def train(self, steps, progress=None):
        for name, weight in other.get_weights().items():
            setattr(self.model, name, weight)
