"""Know the desk's own people: a token in the address or a password, then a signed cookie.

The key that signs cookies lies in the folder of results, for its owner alone, so that a browser
stays logged in when the desk is started again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import threading
import time
from pathlib import Path

LASTS = 14 * 24 * 3600  # seconds that a cookie is good for
LONGEST_PERSON = 60  # characters
TRIES, PER_SECONDS = 10, 60.0  # wrong passwords that are answered in this time


class Sessions:
    """Tokens, passwords and cookies of one desk."""

    def __init__(self, key: bytes, person: str, password: str = "") -> None:
        """Take the key of the folder, and who works here.

        Args:
            key: Signs cookies.
            person: Whose the token in the address is.
            password: What a team logs in with; empty if only the token counts.
        """
        self._key, self.person = key, person
        self.token = secrets.token_urlsafe(24)
        self._password = password.encode()
        self._wrong: list[float] = []
        self._lock = threading.Lock()

    @property
    def has_password(self) -> bool:
        """Return whether a team can log in."""
        return bool(self._password)

    def is_token(self, given: str) -> bool:
        """Return whether this is the token."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def is_password(self, given: str) -> bool:
        """Return whether this is the password; after many wrong ones nothing is, for a while."""
        now = time.monotonic()
        with self._lock:
            self._wrong = [at for at in self._wrong if now - at < PER_SECONDS]
            if not self._password or len(self._wrong) >= TRIES:
                return False
            if hmac.compare_digest(given.encode(), self._password):
                return True
            self._wrong.append(now)
            return False

    def cookie(self, person: str) -> str:
        """Return the value of a cookie for a person."""
        name = base64.urlsafe_b64encode(person.strip()[:LONGEST_PERSON].encode()).decode()
        said = f"{name}.{int(time.time()) + LASTS}"
        return f"{said}.{self._signature(said)}"

    def person_of(self, cookie: str) -> str | None:
        """Return whose cookie this is; None if it is not ours, or too old."""
        said, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(said).encode()):
            return None
        name, _, end = said.partition(".")
        if int(end) < time.time():
            return None
        return base64.urlsafe_b64decode(name).decode()

    def _signature(self, said: str) -> str:
        # With another password all cookies of a team end.
        key = self._key + hashlib.sha256(self._password).digest()
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def folder_key(folder: Path) -> bytes:
    """Return the key of a folder of results; make it if there is none."""
    path = folder / "desk.key"
    while not path.exists():
        fresh = folder / f"desk.key.{secrets.token_hex(4)}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # another desk may have been faster
        except FileExistsError:
            continue
        finally:
            fresh.unlink()
    return path.read_bytes()
