from .learn_room import LearnRoom as LearnRoom
