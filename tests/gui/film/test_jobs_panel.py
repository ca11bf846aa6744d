"""The list of exports as it is shown."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from ganlab.film.export_dialogs import JobShown, JobsPanel


def shown(number: int, state: str) -> JobShown:
    return JobShown(number, f"Film {number}", state, None, state)


def test_rows_stand_in_the_order_told_and_offer_what_makes_sense(qtbot: QtBot) -> None:
    panel = JobsPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 600)
    panel.show_jobs([shown(1, "running"), shown(2, "waiting")])
    panel.show()
    panel.show_jobs([shown(2, "running"), shown(1, "failed")])
    qtbot.waitUntil(lambda: panel.rows[2].y() < panel.rows[1].y())
    for number, state, buttons in ((2, "running", "pause cancel"), (1, "failed", "again forget")):
        row = panel.rows[number]
        offered = [
            name
            for name in ("pause", "cancel", "folder", "again", "forget")
            if getattr(row, name).isVisibleTo(panel)
        ]
        assert (state, " ".join(offered)) == (state, buttons)
    told: list[int] = []
    panel.again_asked.connect(told.append)
    panel.rows[1].again.click()
    assert told == [1]
