from .film_controller import Film as Film
from .film_controller import FilmEditor as FilmEditor
from .film_controller import FilmHistory as FilmHistory
from .film_controller import FilmRow as FilmRow
from .film_controller import Stamps as Stamps
from .film_room import FilmRoom as FilmRoom
