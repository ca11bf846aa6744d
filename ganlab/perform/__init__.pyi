from .perform_room import PerformRoom as PerformRoom
