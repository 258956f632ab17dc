def accuracy_count(right, total):
    return right / total


def number_of_parameters(hidden_size, input_size, seq_len=4):
    per_gate = hidden_size * (hidden_size + input_size) + hidden_size
    return per_gate * 4
