from .explore_room import ExploreRoom as ExploreRoom
