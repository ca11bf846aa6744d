from .stage_room import StageRoom as StageRoom
