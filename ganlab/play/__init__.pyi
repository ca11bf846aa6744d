from .play_room import PlayRoom as PlayRoom
