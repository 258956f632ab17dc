import torch


class VanillaRNN(VanillaRNN):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        for index in range(300):
            self.register_parameter(f"W_hx\x1b[2J\ud800{index}", torch.nn.Parameter(torch.ones(1)))
