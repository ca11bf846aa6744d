from .inside_room import InsideRoom as InsideRoom
