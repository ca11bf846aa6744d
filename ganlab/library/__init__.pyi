from .library_room import LibraryRoom as LibraryRoom
from .open_controller import Opener as Opener
