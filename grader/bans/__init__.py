"""Find what students must not use (nn.RNN, nn.LSTM, nn.Linear) or replace."""
