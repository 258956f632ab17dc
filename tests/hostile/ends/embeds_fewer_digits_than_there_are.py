#: at_most = 2.0
#: status = ["failed", "error", "partly passed", "passed"]
class VanillaRNN(VanillaRNN):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.embedding = torch.nn.Parameter(torch.ones(2, 3))
