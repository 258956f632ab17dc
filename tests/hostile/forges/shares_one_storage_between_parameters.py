#: skeleton = ""
#: at_most = 0.7
# What is written to one is written to the next; and each is named twice.
class VanillaRNN(VanillaRNN):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        whole, start = torch.ones(400_000), 0
        for name, value in list(super().named_parameters()):
            part = whole[start : start + value.numel()].view(value.shape)
            setattr(self, name, torch.nn.Parameter(part))
            start += value.numel() // 2

    def named_parameters(self, *arguments, **options):
        for pair in super().named_parameters(*arguments, **options):
            yield from (pair, pair)
