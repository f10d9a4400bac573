"""How many connections may work at once, found out by trying, as Postfix does."""

START = 5  # Postfix's initial_destination_concurrency


class Width:
    """Grows by one when as many messages as there are connections went well, and shrinks by one for each failure."""

    def __init__(self, most: int, start: int = START) -> None:
        self._most = most
        self._allowed = min(start, most)
        self._good = 0

    @property
    def allowed(self) -> int:
        """How many connections may work now: from 1 to `most`."""
        return self._allowed

    def succeeded(self) -> None:
        """Count a message that the server answered as it should, whatever the answer."""
        self._good += 1
        if self._good >= self._allowed:
            self._allowed, self._good = min(self._allowed + 1, self._most), 0

    def failed(self) -> None:
        """Count a connection that could not be had or that the server ended (421), or a volley of throttling."""
        self._allowed, self._good = max(self._allowed - 1, 1), 0
