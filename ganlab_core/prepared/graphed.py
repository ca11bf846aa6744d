"""Stages recorded once as CUDA graphs and replayed: no launch, no allocation and no Python between kernels.

Each stage is a graph of its own, which reads what the stage before left in place and leaves its own. An
edit at stage k then replays the graphs from k on, whatever k is, and nothing is recorded twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Protocol

import torch
from torch import Tensor

from ganlab_core.device import FusedPass
from ganlab_core.networks import Condition
from ganlab_core.prepared.enlarged import is_enlarged
from ganlab_core.prepared.passes import StageMaps
from ganlab_core.prepared.stages import PreparedStages

Work = Callable[[], StageMaps]


class StageRecorder(Protocol):
    """What turns work on a device into something that does it again in the same memory."""

    def record(self, work: Work) -> tuple[StageMaps, Callable[[], None]]:
        """The maps that `work` gives, and what computes them anew in place."""
        ...


class CudaRecorder:
    """Records CUDA graphs that share one pool of memory, because they never run at the same time."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def record(self, work: Work) -> tuple[StageMaps, Callable[[], None]]:
        """One graph; `work` has run before, so that nothing is planned or prepared inside."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            maps = work()
        graph.replay()  # recording computes nothing
        return maps, graph.replay


@dataclass(slots=True, eq=False)
class RecordedStage:
    """One stage as it was recorded.

    Attributes
    ----------
    key
        What is fixed in the recording besides tensors.
    before, condition
        Where it reads.
    maps
        Where it leaves its maps.
    replay
        Computes them anew.
    lent
        Whether `before` lies where also the stage below the one below has left its maps, because the one
        between hands features on (StyleGAN2's toRGB): nothing else may be written there.
    """

    key: tuple[object, ...]
    before: StageMaps | None
    condition: Condition
    maps: StageMaps
    replay: Callable[[], None]
    lent: bool = False

    def passes_features(self) -> bool:
        """Whether its features are those it was given."""
        return self.before is not None and not _elsewhere(self.before, self.maps)


class GraphedStages:
    """The stages of one chain, each recorded when it runs for the second time.

    What `run` gives lies in memory that the stage's next run overwrites: it belongs to one chain alone,
    which forgets a stage's maps whenever it runs the stage anew.
    """

    def __init__(self, stages: PreparedStages, recorder: StageRecorder) -> None:
        self._stages = stages
        self._recorder = recorder
        self._recorded: dict[int, RecordedStage] = {}
        self._seen: dict[int, tuple[object, ...]] = {}
        self._plain = False

    def run(self, stage: int, before: StageMaps | None, condition: Condition) -> StageMaps:
        """A replay where the stage was recorded with the same fixed values, else the stage itself."""
        if is_enlarged(condition):  # of another size at every turn of a knob
            return self._stages.run(stage, before, condition)
        key = _key(before, condition)
        known = self._recorded.get(stage)
        if known is not None and known.lent and _elsewhere(before, known.before):
            return self._stages.run(stage, before, condition)  # single maps were multiplied
        if known is not None and known.key == key:
            _copy_maps(before, known.before)
            for name, tensor in _tensors(condition).items():
                _copy(tensor, getattr(known.condition, name))
            known.replay()
            return replace(known.maps, _whole=None)
        if FusedPass.is_compiling():  # what is recorded would stay as slow as it is now
            self._seen.pop(stage, None)
            return self._stages.run(stage, before, condition)
        if (
            self._seen.get(stage) != key
        ):  # so a value that is being dragged is not recorded each time
            self._seen[stage] = key
            return self._stages.run(stage, before, condition)
        recorded = None if self._plain else self._record(stage, before, condition, key)
        if recorded is None:
            return self._stages.run(stage, before, condition)
        self._recorded[stage] = recorded
        return replace(recorded.maps, _whole=None)

    def read(self, resolution: int, maps: StageMaps) -> Tensor:
        """The network's own read-out."""
        return self._stages.read(resolution, maps)

    def refold(self, stage: int) -> None:
        """What was recorded reads the same memory."""
        self._stages.refold(stage)

    def _record(
        self,
        stage: int,
        before: StageMaps | None,
        condition: Condition,
        key: tuple[object, ...],
    ) -> RecordedStage | None:
        """The stage recorded; None where the device cannot, and then no other is tried."""
        lower = self._recorded.get(stage - 1)
        lent = lower is not None and lower.passes_features() and not _elsewhere(before, lower.maps)
        if lower is None or before is None or (lower.passes_features() and not lent):
            source = _own(before)
        else:
            source = _placed(before, lower.maps)
        copies = {
            name: tensor.clone() if tensor.is_inference() else tensor
            for name, tensor in _tensors(condition).items()
        }
        fixed = replace(condition, **copies)  # type: ignore[arg-type]
        try:
            maps, again = self._recorder.record(lambda: self._stages.run(stage, source, fixed))
        except RuntimeError:  # an operator that cannot be recorded, or no memory left for it
            self._plain = True
            return None
        return RecordedStage(key, source, fixed, maps, again, lent)


def _key(before: StageMaps | None, condition: Condition) -> tuple[object, ...]:
    """What a recording cannot change: numbers that are no tensors, and which tensors there are."""
    image = None if before is None or before.image is None else before.image.shape
    values = [getattr(condition, field.name) for field in fields(condition)]
    return (image, *(_fixed(one) for one in values))


def _fixed(value: object) -> object:
    """What of a condition's value is fixed: of a tensor made for this frame nothing, it is copied.

    A tensor that belongs to the network, such as its stored noise, is read where it lies.
    """
    if not isinstance(value, Tensor):
        return value
    return True if value.is_inference() else value.data_ptr()


def _tensors(condition: Condition) -> dict[str, Tensor]:
    """The condition's tensors by their names."""
    values = {field.name: getattr(condition, field.name) for field in fields(condition)}
    return {name: value for name, value in values.items() if isinstance(value, Tensor)}


def _placed(before: StageMaps, where: StageMaps) -> StageMaps | None:
    """The maps in the place where the stage below leaves its own, copied there if they lie elsewhere."""
    if (before.image is None) != (where.image is None):
        return _own(before)
    _copy_maps(before, where)
    return where


def _elsewhere(before: StageMaps | None, where: StageMaps | None) -> bool:
    """Whether features lie in another place."""
    if before is None or where is None:
        return False
    return before.features.data_ptr() != where.features.data_ptr()


def _own(before: StageMaps | None) -> StageMaps | None:
    if before is None:
        return None
    return StageMaps(before.features.clone(), _clone(before.image))


def _copy_maps(source: StageMaps | None, target: StageMaps | None) -> None:
    if source is not None and target is not None:
        _copy(source.features, target.features)
        _copy(source.image, target.image)


def _copy(source: Tensor | None, target: Tensor | None) -> None:
    if source is not None and target is not None and source.data_ptr() != target.data_ptr():
        target.copy_(source)


def _clone(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.clone()
