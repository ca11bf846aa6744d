"""The training loop: a generator of events over a frozen config and a run folder.

It knows no window, dialog or thread. Pausing = not asking for the next event; stopping = `close()`,
which writes a checkpoint first. Every random draw is a function of (seed, step), and a checkpoint holds
everything else, so on the CPU a resumed run ends with the same bytes as an unbroken one.

What is read off the networks now and then, singular values and distances to the data, changes nothing
of them and uses up no random number of the run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from msgspec import UNSET
from numpy.typing import NDArray
from torch import Tensor, nn

from ganlab_core.data import Images
from ganlab_core.device import choose_device
from ganlab_core.errors import CheckpointError, GanlabError, TrainingError
from ganlab_core.evaluation import kernel_distance, lite0_features, load_lite0, sliced_wasserstein
from ganlab_core.files import ConfinedFolder
from ganlab_core.networks import split_growth
from ganlab_core.training.adapters import BFLOAT16, with_precision
from ganlab_core.training.config import Phase, TrainConfig, is_due, phase_at, phase_just_ended
from ganlab_core.training.distributed import DistributedContext, seed_for
from ganlab_core.training.events import (
    MOST_GROWTH,
    CheckpointSaved,
    Ended,
    Evaluated,
    Event,
    Failed,
    LayerGains,
    Measured,
    Progress,
    SheetSaved,
    Spectra,
    Started,
    Steered,
    Warned,
    known_scores,
    to_line,
)
from ganlab_core.training.health import SILENCE, variety_of_data
from ganlab_core.training.model_export import (
    export_model,
    images_of,
    reals_row,
    save_sheet,
    sheet,
)
from ganlab_core.training.resume import Changes, RunStart, resume_run, settle, warning_of_unknown
from ganlab_core.training.run_folder import (
    CONTROL,
    LOG,
    REALS,
    Change,
    ControlFile,
    RunFolder,
    Score,
    Value,
    applied,
    change_lines,
    disk_reserve,
    enforce_budget,
    explained,
    pid_file,
    read_control,
    read_record,
    release,
    write_record,
)
from ganlab_core.training.state import TrainState, adopted, start_from
from ganlab_core.training.step import Stepper, StepResult, follow, prepared, to_network_range
from ganlab_core.training.training_presets import decided

# ------------------------------------------------------------------------------------------------
# What a person asks of a run through its folder: pause, single steps, stop, and other settings.


POLL_SECONDS = 0.05


class RunControl:
    """Reads the control file between two steps, and keeps the record of what it has changed.

    Parameters
    ----------
    root
        The run folder. What was asked of an earlier life of the run is dropped.
    step
        Steps done; changes recorded for earlier ones hold already, see `replayed`.

    Attributes
    ----------
    requested
        What the file said when it was last read.
    known
        The changes that hold, oldest first.
    paused
        Whether the run stands still.
    """

    def __init__(self, root: Path, step: int) -> None:
        self._root = root
        self._files = ConfinedFolder(root)
        with contextlib.suppress(FileNotFoundError):
            self._files.remove(CONTROL)
        self.requested = ControlFile()
        record = read_record(root)
        self.known = tuple(change for change in record if change.step < step)
        self.paused = False
        self._ahead = [change for change in record if change.step >= step]
        self._seen: dict[str, Value] = {}
        self._steps_done = 0
        self._polled_at = -POLL_SECONDS
        self._stamp: tuple[int, int, int] | None = None

    def poll(self) -> None:
        """Read the file again if it has changed; at most every 50 ms."""
        now = time.monotonic()
        if now - self._polled_at < POLL_SECONDS:
            return
        self._polled_at = now
        try:
            facts = self._files.stat(CONTROL)
        except OSError:
            return
        stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        if stamp != self._stamp:
            self._stamp = stamp
            self.requested = read_control(self._root)

    def changes(self, step: int, images: int) -> list[Change]:
        """What changes before this step: recorded for it by an earlier life, then newly requested.

        A new request forgets what the record still held for later steps.
        """
        due = [change for change in self._ahead if change.step <= step]
        self._ahead = self._ahead[len(due) :]
        self.known += tuple(due)
        wanted = dict(self.requested.settings)
        new = tuple((k, v) for k, v in sorted(wanted.items()) if self._seen.get(k) != v)
        self._seen |= dict(new)
        if new:
            due.append(Change(step, images, new))
        return due

    def keep(self, change: Change) -> None:
        """Make a change part of the run, on the disk, before the step it is for."""
        if change in self.known:
            return
        self._ahead.clear()
        self.known += (change,)
        write_record(self._root, self.known)

    def holds(self) -> bool:
        """Whether the run is to stand still; uses up one single step when one was asked for."""
        requested = self.requested
        if not requested.paused or requested.stop:
            self._steps_done = requested.steps
            return False
        if requested.steps > self._steps_done and self.paused:
            self._steps_done += 1
            return False
        return True


# ------------------------------------------------------------------------------------------------
# When to stop a run that can no longer learn: NaN, or a discriminator that has died.


PATIENCE = 2000
"""Consecutive steps without any signal from D before a run is given up."""


class Health:
    """Watches the losses of each report; `problem` is a sentence once something is wrong."""

    def __init__(self, loss: str) -> None:
        self._positive = loss not in ("wgan", "wgan-gp")
        self._silent_steps = 0

    def problem(
        self, loss_g: float, loss_d: float, real_score: float, fake_score: float, steps: int
    ) -> str | None:
        """What is wrong after `steps` more steps with these means, or None."""
        if not all(map(math.isfinite, (loss_g, loss_d, real_score, fake_score))):
            return "The losses are no longer finite numbers."
        blind = abs(real_score - fake_score) < SILENCE
        saturated = self._positive and loss_d < SILENCE
        self._silent_steps = self._silent_steps + steps if blind or saturated else 0
        if self._silent_steps < PATIENCE:
            return None
        if saturated:
            return "The discriminator tells every fake from every real picture and teaches nothing."
        return "The discriminator gives real and fake pictures the same score: it is dead."


# ------------------------------------------------------------------------------------------------
# The loop.


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
    distributed = DistributedContext.from_environment(config.device)
    with contextlib.ExitStack() as held:
        if distributed.is_leader:
            held.enter_context(folder.writing())
        taken = resume_run(folder, distributed, changes, preparing) if resume else None
        if distributed.is_leader:
            held.enter_context(disk_reserve(run))
            held.enter_context(pid_file(run))
        if taken is None:
            taken = _begun(config, folder, distributed, preparing)
        else:
            distributed.barrier()  # all have read the folder
            if distributed.is_leader:
                settle(folder, taken)
        state = taken.state
        stepper = Stepper(state, taken.pictures)
        try:
            loop = _Loop(stepper, folder, interrupted, taken) if distributed.is_leader else None
            yield from loop.events() if loop else follow(stepper)
        finally:
            distributed.close()


def _begun(
    config: TrainConfig,
    folder: RunFolder,
    distributed: DistributedContext,
    preparing: Callable[[int, int], None] | None,
) -> RunStart:
    """A new run, whose folder is made when all is known to be well."""
    pictures = prepared(config, distributed, preparing)
    chosen = with_precision(config, distributed)
    faster = chosen.precision != config.precision and chosen.precision == "bf16"
    config, said = decided(chosen, pictures)
    said += (BFLOAT16,) if faster else ()
    device = choose_device(config.device)
    state = TrainState.start(config, len(pictures.classes), device, distributed)
    state.classes, state.data = pictures.classes, pictures.fingerprint
    for network in (state.generator, state.average):
        state.adapter.keep_data(network, pictures)
    if config.start_from:
        start_from(state, config.start_from)
    if distributed.is_leader:
        folder.create(config)
    return RunStart(state, pictures, config, warnings=said)


class _Loop:
    """One pass of the trainer over a run; keeps what is between two reports."""

    def __init__(
        self,
        stepper: Stepper,
        folder: RunFolder,
        interrupted: Callable[[], bool],
        taken: RunStart | None = None,
    ) -> None:
        self.stepper, self.folder = stepper, folder
        self.state, self.data = stepper.state, stepper.data
        self.control = RunControl(folder.root, self.state.step)
        self.interrupted = interrupted
        self.stopping = False
        self.sampled_at = -1
        self.untold: list[Change] = []
        self.health = Health(self.config.loss)
        self.readings = Readings(stepper, known_scores(folder.log))
        self.meter = Meter()
        self.dismissed = False
        self.taken = taken or RunStart(stepper.state, stepper.data, stepper.state.config)
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
            save_sheet(reals_row(self.data, self.config), self.folder.files.place(REALS))
            yield self._logged(self._started())
            for sentence in (*self.taken.warnings, *warning_of_unknown(self.config)):
                yield self._logged(Warned(self.state.images, sentence))
            while self.state.images < self.config.images:
                yield from self._obey()
                if self.stopping:
                    self._tell_others(go_on=False)
                    yield from self._stop()
                    return
                yield from self._one_step()
            self._tell_others(go_on=False)
            yield from self._finish()
        except GeneratorExit:
            self._tell_others(go_on=False)
            self._keep_what_is()
            raise
        except (TrainingError, CheckpointError, OSError) as error:
            raise self._failed(error) from None

    # --- what a person asks ------------------------------------------------------------------------

    def _obey(self) -> Iterator[Event]:
        """Whatever is asked to happen before the next step; returns when that may be done."""
        control = self.control
        control.poll()
        yield from self._apply_changes()
        while control.holds():
            if not control.paused:
                control.paused = True
                yield self._steered({"paused": True})
            if self.sampled_at != self.state.step:
                self.sampled_at = self.state.step
                yield from self._sample_now()
            if self.interrupted():
                yield Steered(self.state.images, self.state.step, {"interrupted": True})
            time.sleep(POLL_SECONDS)
            self.reported_at += POLL_SECONDS
            control.poll()
            yield from self._apply_changes()
        self.stopping = control.requested.stop
        if self.stopping:
            yield self._steered({"stop": True})
        elif control.paused and not control.requested.paused:
            control.paused = False
            yield self._steered({"paused": False})

    def _apply_changes(self) -> Iterator[Event]:
        for change in self.control.changes(self.state.step, self.state.images):
            yield self._steered(self._apply(change))

    def _apply(self, change: Change) -> dict[str, object]:
        """Let a change hold from here on; one that cannot be is refused in words."""
        try:
            self.state.config = applied(self.state.config, change)
        except TrainingError as error:
            return {"refused": str(error)}
        self.control.keep(change)
        self.untold.append(change)
        return dict(change.settings)

    def _steered(self, changes: dict[str, object]) -> Event:
        return self._logged(Steered(self.state.images, self.state.step, changes))

    # --- the loop ----------------------------------------------------------------------------------

    def _tell_others(self, *, go_on: bool) -> None:
        """The others take a step with this process, or end."""
        untold, self.untold = self.untold, []
        if not self.dismissed and not self.state.distributed.is_alone:
            self.state.distributed.broadcast(self.state.device, change_lines(untold), go_on=go_on)
        self.dismissed = not go_on

    def _failed(self, error: GanlabError | OSError) -> GanlabError:
        """Leave the reason in the log, where that can still be written; a sentence for the person."""
        told = explained(error)
        release(self.folder.root)
        with contextlib.suppress(OSError):
            self._logged(Failed(self.state.images, str(told)))
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
            self._logged(event)
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

    def _sample_now(self) -> Iterator[Event]:
        """How the run looks at this step: for a person who has paused it."""
        if self.results:
            yield self._logged(self._progress())
        yield self._logged(self._save_sheet())
        self._export(self.folder.model)

    def _one_step(self) -> Iterator[Event]:
        yield from self._each(self._enter_phase())
        before = self.state.images
        self._tell_others(go_on=True)
        parts = self.config.accumulate
        self.results.append(self.stepper.step())
        if self.config.accumulate != parts:
            yield from self._each(self._cut_smaller())
        yield from self._each(self._after_step(before))

    def _cut_smaller(self) -> Iterator[Event]:
        """The last step did not fit into memory as a whole: what it did instead holds for good."""
        parts, step = self.config.accumulate, self.state.step - 1
        self.control.keep(Change(step, self.state.images, (("accumulate", parts),)))
        resolution = phase_at(self.config, self.state.images)[1].resolution
        yield self._logged(
            Warned(
                self.state.images,
                f"A batch at {resolution} px did not fit into memory. From here on it is worked on in "
                f"{parts} parts, whose gradients add up.",
            )
        )

    def _enter_phase(self) -> Iterator[Event]:
        began = self.stepper.enter_phase()
        if began is not None:
            self._keep_phase()
            yield self._logged(began)
            yield from self._newborn()

    def _after_step(self, before: int) -> Iterator[Event]:
        """What is due after a step that began when `before` images had been seen."""
        state, config = self.state, self.config
        if is_due(config.sheet_kimg, before, state.images):
            yield self._logged(self._save_sheet())
        if is_due(config.spectra_kimg, before, state.images):
            yield self._logged(self.readings.singular_values())
        if config.distance_kimg and is_due(config.distance_kimg, before, state.images):
            yield self._logged(self.readings.distance(self._growth()))
        if self._report_is_due(phase_at(config, before)[1]):
            yield self._logged(self._progress())
        if is_due(config.checkpoint_kimg, before, state.images):
            yield from self._checkpoint()

    def _newborn(self) -> Iterator[Event]:
        """A network that has just got a block is to be seen at once; the first one on a sheet too."""
        if self.state.step == 0:
            yield self._logged(self._save_sheet())
        if self.config.grows:
            self._export(self.folder.model)

    def _report_is_due(self, phase: Phase) -> bool:
        """Every two seconds, and often enough that even a short fade is seen to rise."""
        risen = phase.alpha(self.state.images) - phase.alpha(self.reported_images)
        return time.monotonic() - self.reported_at > REPORT_SECONDS or risen >= REPORT_ALPHA

    # --- what is told and kept ---------------------------------------------------------------------

    def _logged(self, event: Event) -> Event:
        self.folder.files.append_line(LOG, to_line(event))
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
        ada = self.state.augmentation if "ada" in self.config.augment else None
        event = Progress(
            images=self.state.images,
            resolution=phase.resolution,
            alpha=round(phase.alpha(self.state.images), 4),
            penalty=float(torch.stack(penalties).mean()) if penalties else 0.0,
            learning_rate=self.config.scheduled(
                "learning_rate", phase.resolution, self.state.images
            ),
            augment_p=round(ada.p, 6) if ada else UNSET,
            r_t=round(ada.r_t, 4) if ada else UNSET,
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
        evaluated = self.readings.evaluated()
        if evaluated is not None:
            yield self._logged(evaluated)
        if self.results:
            yield self._logged(self._progress())
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
        yield self._logged(CheckpointSaved(state.images, self.folder.relative(path)))

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
        enforce_budget(self.folder.root, scores, budget, self.folder.litter())

    def _export(self, path: Path, samples: int = 0) -> None:
        """Write a model file, unless there is one that was trained further: that stays until passed."""
        if images_of(path) > self.state.images:
            return
        phases = self.folder.phases() if self.config.keep_phases else {}
        export_model(self.state, self._growth(), self.data.classes, path, samples, phases)

    def _finish(self) -> Iterator[Event]:
        if self.results:
            yield self._logged(self._progress())
        samples = self.config.readout_samples
        if self.saved_at == self.state.images:
            self._export(self.folder.model, samples)
        else:
            yield self._keep(samples)
        yield self._logged(self._save_sheet())
        energy = self.meter.watt_hours()
        yield self._logged(
            Ended(
                self.state.images,
                self.folder.relative(self.folder.model),
                round(self.meter.seconds(), 1),
                UNSET if energy is None else round(energy, 3),
            )
        )


# ------------------------------------------------------------------------------------------------
# How far a run's samples are from its data, measured now and then without touching the run.
# The pictures are the averaged generator's, from latents that stay the same and without
# truncation; they are compared with a fixed part of the data by sliced Wasserstein distance
# (Karras et al. 2018, sec. 5). So few pictures give higher numbers than published ones: compare
# within one run.


ROWS, COLUMNS = 10, 10
"""Pictures on each side are the product; a row is one class where there are classes."""

STANDING = 1
"""Batches behind a BigGAN's batch-norm statistics here; its sheets and files have more."""


@torch.no_grad()
def distance_to_data(state: TrainState, images: Images, growth: float) -> float:
    """Mean sliced Wasserstein distance times 1000 over the levels of the pyramid, at this growth.

    Nothing of the state changes, and no random number of the run is used up.
    """
    config = dataclasses.replace(
        state.config,
        sheet_rows=ROWS,
        sheet_columns=COLUMNS,
        sheet_psi=1.0,
        standing_batches=min(STANDING, state.config.standing_batches),
    )
    count = min(ROWS * COLUMNS, len(images))
    fake = state.adapter.sample_grid(state.average, config, growth)[:count]
    resolution = 2 ** split_growth(growth)[0]
    seed = seed_for(config.seed, "distance")
    order = np.random.default_rng(seed).permutation(len(images))[:count]
    real = to_network_range(torch.from_numpy(images.batch(order, resolution)), growth)
    levels = sliced_wasserstein(_uint8(real), _uint8(fake), seed=seed % 2**31)
    return float(np.mean(list(levels.values())))


FEWEST_SAMPLES = 8
FIRST_GUESS = 0.03
"""Seconds that a sample is thought to take before the first KID has been measured."""


@torch.no_grad()
def sample_pictures(state: TrainState, count: int) -> NDArray[np.uint8]:
    """Pictures uint8 (count, C, H, W) of the averaged generator at full growth, without truncation.

    Their latents are the same for a whole run; nothing of the state changes.
    """
    config = dataclasses.replace(
        state.config,
        sheet_rows=-(-count // COLUMNS),
        sheet_columns=COLUMNS,
        sheet_psi=1.0,
        standing_batches=min(STANDING, state.config.standing_batches),
    )
    growth = math.log2(config.resolution)
    return _uint8(state.adapter.sample_grid(state.average, config, growth)[:count])


def _uint8(pictures: Tensor) -> NDArray[np.uint8]:
    shown = (pictures.float() * 127.5 + 127.5).round().clamp(0, 255)
    pixels: NDArray[np.uint8] = shown.to(torch.uint8).cpu().numpy()
    return pixels


# ------------------------------------------------------------------------------------------------
# Largest singular values of the layers of networks that are not spectrally normalised.


ITERATIONS = 12


@torch.no_grad()
def spectral_norms(network: nn.Module, prefix: str) -> dict[str, Tensor]:
    """The largest singular value of every equalized weight as it is used, by `prefix` and its layer.

    Weights are seen as matrices (outputs, rest), as for spectral normalisation (Miyato et al. 2018,
    sec. 2.1). Found by power iteration from a fixed start, so no random number is used up.
    """
    found = {}
    for name, layer in network.named_modules():
        weight, scale = getattr(layer, "weight", None), getattr(layer, "scale", None)
        if isinstance(weight, Tensor) and isinstance(scale, float) and weight.dim() > 1:
            found[f"{prefix}.{name}"] = _largest(weight.detach().float().flatten(1)) * scale
    return found


def _largest(matrix: Tensor) -> Tensor:
    """The largest singular value of (m, n)."""
    v = torch.ones(matrix.shape[1], device=matrix.device) + matrix.sum(dim=0).sign()
    for _ in range(ITERATIONS):
        u = torch.nn.functional.normalize(matrix @ v, dim=0)
        v = torch.nn.functional.normalize(matrix.T @ u, dim=0)
    largest: Tensor = torch.linalg.vector_norm(matrix @ v)
    return largest


class Readings:
    """Reads a run's networks, and changes nothing of them.

    Parameters
    ----------
    stepper
        The run.
    scores
        Distances that are known from an earlier life of the run, oldest first.
    clock
        Seconds that pass; what measuring KID may take is a share of them.

    Attributes
    ----------
    scores
        All distances so far.
    """

    def __init__(
        self, stepper: Stepper, scores: list[Score], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state, self._data = stepper.state, stepper.data
        self.scores = scores
        self._clock, self._began = clock, clock()
        self._kid_spent = self._kid_last = 0.0
        self._real: NDArray[np.float32] | None = None

    def singular_values(self) -> Event:
        """Those of every layer."""
        state = self._state
        values = state.adapter.spectra(state.generator, state.discriminator)
        if values:
            return Spectra(state.images, _rounded(values))
        gains = spectral_norms(state.generator, "g") | spectral_norms(state.discriminator, "d")
        return LayerGains(state.images, _rounded(gains))

    def evaluated(self) -> Evaluated | None:
        """KID of the samples, if the run has come to its full resolution and has time for it.

        None as well where the features' package is not installed. The average's samples come from
        latents that stay the same, without truncation; they meet a fixed part of the data.
        """
        config, state, clock = self._state.config, self._state, self._clock
        count = min(config.kid_samples, len(self._data))
        grown = phase_at(config, state.images)[1].growth(state.images) >= math.log2(
            config.resolution
        )
        began = clock()
        allowed = config.kid_share * (began - self._began)
        if count < FEWEST_SAMPLES or not grown or self._kid_spent + self._kid_cost(count) > allowed:
            return None
        try:
            kid = self._kid(count)
        except GanlabError:
            self._kid_spent = math.inf
            return None
        self._kid_last = clock() - began
        self._kid_spent += self._kid_last
        self.scores.append(Score(state.images, MOST_GROWTH, kid, kid=True))
        return Evaluated(state.images, round(kid, 5), count, round(self._kid_last, 3))

    def _kid_cost(self, count: int) -> float:
        """Seconds that the next measurement will take."""
        return self._kid_last if self._kid_last else count * FIRST_GUESS

    def _kid(self, count: int) -> float:
        state, config = self._state, self._state.config
        network = load_lite0(state.device)
        if self._real is None:
            seed = seed_for(config.seed, "kid")
            order = np.random.default_rng(seed).permutation(len(self._data))[:count]
            self._real = lite0_features(network, self._data.batch(order, config.resolution))
        fake = sample_pictures(state, count)
        return kernel_distance(lite0_features(network, fake), self._real)

    def distance(self, growth: float) -> Measured:
        """How far the samples are from the data."""
        distance = distance_to_data(self._state, self._data, growth)
        self.scores.append(Score(self._state.images, growth, distance))
        return Measured(self._state.images, round(growth, 4), round(distance, 4))


def _rounded(values: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in values.items()}


# ------------------------------------------------------------------------------------------------
# What a run takes: the time, and the energy where the machine counts it.


RAPL = Path("/sys/class/powercap")
"""Where Linux tells the energy of processors (Intel's and AMD's), for those who may read it."""


class Meter:
    """Time and energy since it was made; reading it costs some file reads.

    Parameters
    ----------
    rapl
        The folder of the processors' counters.
    """

    def __init__(self, rapl: Path = RAPL) -> None:
        self._rapl = rapl
        self._began = time.monotonic()
        self._before = self._counts()

    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._began

    def watt_hours(self) -> float | None:
        """Of processors and GPUs, everything counted that runs on them; None where nothing tells.

        A counter that began again meanwhile counts up to its end.
        """
        now = self._counts()
        joules = [
            (count - before) % ends
            for name, (count, ends) in now.items()
            if (before := self._before.get(name, (None, 0.0))[0]) is not None
        ]
        return sum(joules) / 3600.0 if joules else None

    def _counts(self) -> dict[str, tuple[float, float]]:
        """Counter -> (joules, joules at which it begins again)."""
        found = {}
        with contextlib.suppress(OSError):
            for folder in sorted(self._rapl.glob("intel-rapl:?")):
                with contextlib.suppress(OSError, ValueError):
                    count = int((folder / "energy_uj").read_text()) / 1e6
                    ends = int((folder / "max_energy_range_uj").read_text()) / 1e6
                    found[folder.name] = (count, ends)
        return found | _gpu_counts()


def _gpu_counts() -> dict[str, tuple[float, float]]:
    """What NVIDIA's library tells, where its Python package is installed."""
    try:
        import pynvml  # type: ignore[import-not-found]

        pynvml.nvmlInit()
        handles = [
            pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())
        ]
        return {
            f"gpu{index}": (pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3, math.inf)
            for index, handle in enumerate(handles)
        }
    except Exception:  # noqa: BLE001 - the package, its driver or this counter may be missing
        return {}
