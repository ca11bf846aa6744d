from .train_room import TrainRoom as TrainRoom
