"""The training loop: a generator of events over a frozen config and a run folder.

It knows no window, dialog or thread. Pausing = not asking for the next event; stopping = `close()`,
which writes a checkpoint first. Every random draw is a function of (seed, step), and a checkpoint
holds everything else, so on the CPU a resumed run ends with the same bytes as an unbroken one.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from ganlab_core.device import choose_device
from ganlab_core.errors import CheckpointError, GanlabError, TrainingError
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.control import LOOK_SECONDS, Change, Wheel, applied, to_words
from ganlab_core.training.distributed import Team
from ganlab_core.training.events import (
    CheckpointSaved,
    Ended,
    Event,
    Failed,
    Progress,
    SheetSaved,
    Started,
    Steered,
    Warned,
)
from ganlab_core.training.health import Health, variety_of_data
from ganlab_core.training.metrics import Readings, is_due
from ganlab_core.training.model_export import export_model, images_of, save_sheet, sheet
from ganlab_core.training.resume import Changes, TakenUp, settle, take_up, warning_of_unknown
from ganlab_core.training.retention import keep_within, known_scores
from ganlab_core.training.run_folder import RunFolder, beating, explained, release, reserving
from ganlab_core.training.schedule import Phase, phase_at, phase_just_ended
from ganlab_core.training.state import TrainState
from ganlab_core.training.step import Stepper, StepResult, follow, prepared
from ganlab_core.training.training_presets import decided
from ganlab_core.training.transfer import adopted, start_from

# ------------------------------------------------------------------------------------------------
# The hands on a run between two steps: pause, single steps, stop, and settings that change.


class Hands:
    """Does what is wished in the run folder, always at the boundary of a step.

    Parameters
    ----------
    root, state
        The run; the state's config is replaced when settings change.
    tell
        Logs an event and gives it back.
    show
        Tells how the run looks right now, for a person who has paused it.
    interrupted
        Whether the process was asked to end by other means.

    Attributes
    ----------
    stopping
        Whether the run was asked to end.
    """

    def __init__(
        self,
        root: Path,
        state: TrainState,
        tell: Callable[[Event], Event],
        show: Callable[[], Iterator[Event]],
        interrupted: Callable[[], bool],
    ) -> None:
        self._state, self._tell, self._show = state, tell, show
        self._interrupted = interrupted
        self._wheel = Wheel(root, state.step)
        self.stopping = False
        self._paused = False
        self._shown_at = -1
        self._steps_done = 0
        self._rest = 0.0
        self._untold: list[Change] = []

    def take_changes(self) -> bytes:
        """What has changed since the last call, for the other processes of a team."""
        words = to_words(self._untold)
        self._untold.clear()
        return words

    def take_rest(self) -> float:
        """Seconds spent waiting since the last call."""
        rest, self._rest = self._rest, 0.0
        return rest

    def before_step(self) -> Iterator[Event]:
        """Whatever is to happen before the next step; returns when that may be done."""
        self._wheel.look()
        yield from self._change()
        while self._holds():
            if not self._paused:
                self._paused = True
                yield self._told({"paused": True})
            if self._shown_at != self._state.step:
                self._shown_at = self._state.step
                yield from self._show()
            if self._interrupted():
                yield Steered(self._state.images, self._state.step, {"interrupted": True})
            time.sleep(LOOK_SECONDS)
            self._rest += LOOK_SECONDS
            self._wheel.look()
            yield from self._change()
        self.stopping = self._wheel.wishes.stop
        if self.stopping:
            yield self._told({"stop": True})
        elif self._paused and not self._wheel.wishes.paused:
            self._paused = False
            yield self._told({"paused": False})

    def _holds(self) -> bool:
        """Whether the run stands still; uses up one single step when one was asked for."""
        wishes = self._wheel.wishes
        if not wishes.paused or wishes.stop:
            self._steps_done = wishes.steps
            return False
        if wishes.steps > self._steps_done and self._paused:
            self._steps_done += 1
            return False
        return True

    def _change(self) -> Iterator[Event]:
        for change in self._wheel.changes(self._state.step, self._state.images):
            yield self._told(self._apply(change))

    def _apply(self, change: Change) -> dict[str, object]:
        """Let a change hold from here on; one that cannot be is refused in words."""
        try:
            self._state.config = applied(self._state.config, change)
        except TrainingError as error:
            return {"refused": str(error)}
        self._wheel.keep(change)
        self._untold.append(change)
        return dict(change.settings)

    def _told(self, changes: dict[str, object]) -> Event:
        return self._tell(Steered(self._state.images, self._state.step, changes))


REPORT_SECONDS = 2.0
REPORT_ALPHA = 0.1


def train(
    config: TrainConfig,
    run: Path,
    *,
    resume: bool = False,
    changes: Changes = Changes(),
    preparing: Callable[[int, int], None] | None = None,
    interrupted: Callable[[], bool] = bool,
) -> Iterator[Event]:
    """Train in the folder `run` until `config.images` have been seen, telling what happens.

    With `resume` the config is read from the folder and `config` is ignored; what `changes` says of it
    holds for good. A run that cannot go on is refused, and its folder is as it was. `preparing` hears
    (done, total) while the pictures are prepared. While a run is paused from outside it asks
    `interrupted` and, when that is so, tells an event for the caller to close it at. Raises
    `TrainingError` and `DatasetError`.
    """
    folder = RunFolder(run)
    config = folder.config() if resume else adopted(config)
    team = Team.from_environment(config.device)
    with contextlib.ExitStack() as held:
        if team.leads:
            held.enter_context(folder.writing())
        taken = take_up(folder, team, changes, preparing) if resume else None
        if team.leads:
            held.enter_context(reserving(run))
            held.enter_context(beating(run))
        if taken is None:
            taken = _begun(config, folder, team, preparing)
        else:
            team.wait()  # all have read the folder
            if team.leads:
                settle(folder, taken)
        state = taken.state
        stepper = Stepper(state, taken.pictures)
        try:
            loop = _Loop(stepper, folder, interrupted, taken) if team.leads else None
            yield from loop.events() if loop else follow(stepper)
        finally:
            team.leave()


def _begun(
    config: TrainConfig,
    folder: RunFolder,
    team: Team,
    preparing: Callable[[int, int], None] | None,
) -> TakenUp:
    """A new run, whose folder is made when all is known to be well."""
    pictures = prepared(config, team, preparing)
    config, said = decided(config, pictures)
    device = choose_device(config.device)
    state = TrainState.start(config, len(pictures.classes), device, team)
    state.classes, state.data = pictures.classes, pictures.fingerprint
    if config.start_from:
        start_from(state, config.start_from)
    if team.leads:
        folder.create(config)
    return TakenUp(state, pictures, config, warnings=said)


class _Loop:
    """One pass of the trainer over a run; keeps what is between two reports."""

    def __init__(
        self,
        stepper: Stepper,
        folder: RunFolder,
        interrupted: Callable[[], bool],
        taken: TakenUp | None = None,
    ) -> None:
        self.stepper, self.folder = stepper, folder
        self.state, self.data = stepper.state, stepper.data
        self.hands = Hands(folder.root, self.state, self._told, self._shown_now, interrupted)
        self.health = Health(self.config.loss)
        self.readings = Readings(stepper, known_scores(folder.log))
        self.dismissed = False
        self.taken = taken or TakenUp(stepper.state, stepper.data, stepper.state.config)
        self.saved_at = -1 if self.taken.checkpoint is None else self.state.images
        self.results: list[StepResult] = []
        self.reported_at = time.monotonic()
        self.reported_images = self.state.images

    @property
    def config(self) -> TrainConfig:
        """The config as it holds now; steering may change it between two steps."""
        return self.state.config

    def events(self) -> Iterator[Event]:
        """Train, event by event; closing writes a checkpoint."""
        try:
            self._make_up()
            self.folder.list_skipped(self.data.skipped)
            yield self._told(self._started())
            for sentence in (*self.taken.warnings, *warning_of_unknown(self.config)):
                yield self._told(Warned(self.state.images, sentence))
            while self.state.images < self.config.images:
                yield from self.hands.before_step()
                self.reported_at += self.hands.take_rest()
                if self.hands.stopping:
                    self._tell_team(go_on=False)
                    yield from self._stop()
                    return
                yield from self._one_step()
            self._tell_team(go_on=False)
            yield from self._finish()
        except GeneratorExit:
            self._tell_team(go_on=False)
            self._keep_what_is()
            raise
        except (TrainingError, CheckpointError, OSError) as error:
            raise self._failed(error) from None

    def _tell_team(self, *, go_on: bool) -> None:
        """The others take a step with this process, or end."""
        if not self.dismissed:
            words = self.hands.take_changes()
            self.state.team.lead(self.state.device, words, go_on=go_on)
        self.dismissed = not go_on

    def _failed(self, error: GanlabError | OSError) -> GanlabError:
        """Leave the reason in the log, where that can still be written; a sentence for the person."""
        told = explained(error)
        release(self.folder.root)
        with contextlib.suppress(OSError):
            self.folder.append(Failed(self.state.images, str(told)))
        return told

    def _make_up(self) -> None:
        """Write what was due with the checkpoint that the run goes on from and a kill has prevented."""
        behind = images_of(self.folder.model) < self.state.images
        if not self.taken.complete or behind:
            self._export(self.folder.model)
        if not self.taken.complete and self.state.snapshot_due:
            self._export(self.folder.snapshot(self.state.images))
            self._thin_out()

    def _keep_what_is(self) -> None:
        """Write a checkpoint and the model as they are now."""
        try:
            self._keep()
        except (TrainingError, CheckpointError, OSError) as error:
            raise self._failed(error) from None

    def _keep(self, samples: int = 0) -> CheckpointSaved:
        """Have a checkpoint and the model of this moment, and the checkpoint in the log."""
        images = self.state.images
        event = CheckpointSaved(images, self.folder.relative(self.folder.checkpoint(images)))
        if self.saved_at != images:
            self.state.snapshot_due = False
            self._save_checkpoint()
            self._export(self.folder.model, samples)
            self._told(event)
        return event

    def _stop(self) -> Iterator[Event]:
        yield self._keep()

    def _each(self, duties: Iterator[Event]) -> Iterator[Event]:
        """The events of what belongs to a step; all of it is done, even where nobody hears the rest."""
        try:
            for event in duties:  # noqa: UP028 - `yield from` would end them with this generator
                yield event
        finally:
            for _ in duties:
                pass

    def _shown_now(self) -> Iterator[Event]:
        """How the run looks at this step: for a person who has paused it."""
        if self.results:
            yield self._told(self._progress())
        yield self._told(self._save_sheet())
        self._export(self.folder.model)

    def _one_step(self) -> Iterator[Event]:
        yield from self._each(self._enter_phase())
        before = self.state.images
        self._tell_team(go_on=True)
        self.results.append(self.stepper.step())
        yield from self._each(self._after_step(before))

    def _enter_phase(self) -> Iterator[Event]:
        began = self.stepper.enter_phase()
        if began is not None:
            self._keep_phase()
            yield self._told(began)
            yield from self._newborn()

    def _after_step(self, before: int) -> Iterator[Event]:
        """What is due after a step that began when `before` images had been seen."""
        state, config = self.state, self.config
        if is_due(config.sheet_kimg, before, state.images):
            yield self._told(self._save_sheet())
        for event in self.readings.due(before, self._growth()):
            yield self._told(event)
        if self._report_is_due(phase_at(config, before)[1]):
            yield self._told(self._progress())
        if is_due(config.checkpoint_kimg, before, state.images):
            yield from self._checkpoint()

    def _newborn(self) -> Iterator[Event]:
        """A network that has just got a block is to be seen at once; the first one on a sheet too."""
        if self.state.step == 0:
            yield self._told(self._save_sheet())
        if self.config.grows:
            self._export(self.folder.model)

    def _report_is_due(self, phase: Phase) -> bool:
        """Every two seconds, and often enough that even a short fade is seen to rise."""
        risen = phase.alpha(self.state.images) - phase.alpha(self.reported_images)
        return time.monotonic() - self.reported_at > REPORT_SECONDS or risen >= REPORT_ALPHA

    # --- what is told and kept ---------------------------------------------------------------------

    def _told(self, event: Event) -> Event:
        self.folder.append(event)
        return event

    def _started(self) -> Started:
        def count(network: torch.nn.Module) -> int:
            return sum(parameter.numel() for parameter in network.parameters())

        return Started(
            self.state.images,
            str(self.state.device),
            count(self.state.generator),
            count(self.state.discriminator),
            len(self.data),
            len(self.data.skipped),
            round(variety_of_data(self.data, self.config.resolution), 5),
        )

    def _growth(self) -> float:
        return phase_at(self.config, self.state.images)[1].growth(self.state.images)

    def _progress(self) -> Progress:
        _, phase = phase_at(self.config, self.state.images)
        seconds = max(1e-9, time.monotonic() - self.reported_at)
        means = {
            name: float(torch.stack([getattr(result, name) for result in self.results]).mean())
            for name in ("loss_g", "loss_d", "real_score", "fake_score")
        }
        penalties = [result.penalty for result in self.results if result.penalty is not None]
        event = Progress(
            images=self.state.images,
            resolution=phase.resolution,
            alpha=round(phase.alpha(self.state.images), 4),
            penalty=float(torch.stack(penalties).mean()) if penalties else 0.0,
            learning_rate=self.config.at("learning_rate", phase.resolution),
            images_per_second=round((self.state.images - self.reported_images) / seconds, 2),
            **means,
        )
        problem = self.health.problem(steps=len(self.results), **means)
        if problem:
            raise self._given_up(problem)
        self.results.clear()
        self.reported_at, self.reported_images = time.monotonic(), self.state.images
        return event

    def _given_up(self, problem: str) -> TrainingError:
        good = self.folder.checkpoints()
        remedy = (
            f"The last good checkpoint is {self.folder.relative(good[-1])}; "
            "start a new run with a smaller learning_rate or a larger r1_gamma."
            if good
            else "Start again with a smaller learning_rate or a larger r1_gamma."
        )
        return TrainingError(problem, remedy)

    def _save_sheet(self) -> SheetSaved:
        path = self.folder.sheet(self.state.images)
        save_sheet(sheet(self.state, self._growth()), path)
        _, phase = phase_at(self.config, self.state.images)
        alpha = round(phase.alpha(self.state.images), 4)
        return SheetSaved(self.state.images, phase.resolution, alpha, self.folder.relative(path))

    def _keep_phase(self) -> None:
        """Keep the network as it is when the growth leaves a resolution behind."""
        ended = phase_just_ended(self.config, self.state.phase)
        if self.config.keep_phases and ended is not None:
            path = self.folder.phase(ended.resolution)
            growth = math.log2(ended.resolution)
            if images_of(path) <= self.state.images:
                export_model(self.state, growth, self.data.classes, path)

    def _checkpoint(self) -> Iterator[Event]:
        """A checkpoint that is due, and beside it a model file to keep where one has become due."""
        if self.results:
            yield self._told(self._progress())
        state = self.state
        state.snapshot_due = is_due(
            self.config.snapshot_kimg, state.checkpoint_images, state.images
        )
        state.checkpoint_images = state.images
        path = self._save_checkpoint()
        self._export(self.folder.model)
        if state.snapshot_due:
            self._export(self.folder.snapshot(state.images))
            self._thin_out()
        yield self._told(CheckpointSaved(state.images, self.folder.relative(path)))

    def _save_checkpoint(self) -> Path:
        bad = self.state.first_bad_tensor()
        if bad:
            raise self._given_up(f"The weight {bad} is no longer finite.")
        self.state.log_bytes = self.folder.log_length()
        path = self.folder.checkpoint(self.state.images)
        self.state.save(path)
        self.saved_at = self.state.images
        self._thin_out()
        return path

    def _thin_out(self) -> None:
        """Keep the weights within their budget."""
        scores, budget = self.readings.scores, self.config.keep_gb
        keep_within(self.folder.root, scores, budget, self.folder.litter())

    def _export(self, path: Path, samples: int = 0) -> None:
        """Write a model file, unless there is one that was trained further: that stays until passed."""
        if images_of(path) > self.state.images:
            return
        phases = self.folder.phases() if self.config.keep_phases else {}
        export_model(self.state, self._growth(), self.data.classes, path, samples, phases)

    def _finish(self) -> Iterator[Event]:
        if self.results:
            yield self._told(self._progress())
        samples = self.config.readout_samples
        if self.saved_at == self.state.images:
            self._export(self.folder.model, samples)
        else:
            yield self._keep(samples)
        yield self._told(self._save_sheet())
        yield self._told(Ended(self.state.images, self.folder.relative(self.folder.model)))
