from .graphed import CudaRecorder as CudaRecorder
from .graphed import GraphedStages as GraphedStages
from .graphed import StageRecorder as StageRecorder
from .passes import StageMaps as StageMaps
from .passes import with_gains as with_gains
from .stages import FollowingStages as FollowingStages
from .stages import PreparedStages as PreparedStages
from .stages import prepared as prepared
