"""A button with a word or two on it."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from ganlab import style


class WordButton(QPushButton):
    """A plain button; its tooltip says what it does, or why it cannot now.

    Parameters
    ----------
    text
        The words on it.
    tooltip
        What it does, in one sentence.
    name
        How a screen reader calls it; the words when empty.
    """

    def __init__(
        self, text: str, tooltip: str, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._tooltip = tooltip
        self.setFont(style.font("small"))
        self.setAccessibleName(name or text)
        self.setAccessibleDescription(tooltip)
        self.setAutoDefault(False)
        style.set_tip(self, tooltip)

    def set_available(self, reason: str = "") -> None:
        """Grey the button out and say why in its tooltip; without a reason it works again."""
        self.setEnabled(not reason)
        style.set_tip(self, reason or self._tooltip)
