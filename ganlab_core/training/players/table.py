"""Which players belong to which architecture."""

from __future__ import annotations

from ganlab_core.training.players.biggan import BigGANPlayers
from ganlab_core.training.players.contract import Players
from ganlab_core.training.players.progan import ProGANPlayers
from ganlab_core.training.players.stylegan import StyleGANPlayers

PLAYERS: dict[str, Players] = {
    "stylegan": StyleGANPlayers(),
    "progan": ProGANPlayers(),
    "biggan": BigGANPlayers(deep=False),
    "biggan-deep": BigGANPlayers(deep=True),
}
"""Name in a config -> its players."""
