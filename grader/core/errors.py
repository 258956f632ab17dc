"""The one error that the command line shows as a line instead of a traceback."""


class UserError(Exception):
    """Bad input; the message is for the user and says what to do."""
