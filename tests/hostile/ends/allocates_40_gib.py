#: status = "error"
#: says = "need no more memory than it is given"
import torch

hoard = torch.ones(5 * 2**30, dtype=torch.float64)
