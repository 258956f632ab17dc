"""Sheet 004: vanilla RNN and LSTM on palindromes."""
