"""The RNN of sheet 003 and its oracle, for the two exercises that use it."""
