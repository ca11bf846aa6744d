from .own_room import OwnRoom as OwnRoom
