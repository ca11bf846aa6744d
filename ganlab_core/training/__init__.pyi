from .adapters import with_precision as with_precision
from .config import (
    BIGGANS as BIGGANS,
)
from .config import (
    DOMAINS as DOMAINS,
)
from .config import (
    GROWING as GROWING,
)
from .config import (
    LARGEST_BIGGAN as LARGEST_BIGGAN,
)
from .config import (
    SMALLEST_BIGGAN as SMALLEST_BIGGAN,
)
from .config import (
    TRAINABLE as TRAINABLE,
)
from .config import (
    WITHOUT_CLASSES as WITHOUT_CLASSES,
)
from .config import (
    TrainConfig as TrainConfig,
)
from .config import (
    chosen as chosen,
)
from .config import (
    lengthened as lengthened,
)
from .config import (
    network_settings as network_settings,
)
from .config import (
    phases as phases,
)
from .config import (
    refuse_other_network as refuse_other_network,
)
from .config import (
    with_settings as with_settings,
)
from .cost_estimate import USUAL as USUAL
from .cost_estimate import TrialSteps as TrialSteps
from .cost_estimate import estimate as estimate
from .events import (
    CheckpointSaved as CheckpointSaved,
)
from .events import (
    Curve as Curve,
)
from .events import (
    Ended as Ended,
)
from .events import (
    Evaluated as Evaluated,
)
from .events import (
    Event as Event,
)
from .events import (
    Failed as Failed,
)
from .events import (
    LayerGains as LayerGains,
)
from .events import (
    LogReader as LogReader,
)
from .events import (
    Measured as Measured,
)
from .events import (
    PhaseBegan as PhaseBegan,
)
from .events import (
    Progress as Progress,
)
from .events import (
    RunHistory as RunHistory,
)
from .events import (
    RunReader as RunReader,
)
from .events import (
    RunStatus as RunStatus,
)
from .events import (
    SheetMark as SheetMark,
)
from .events import (
    SheetSaved as SheetSaved,
)
from .events import (
    Spectra as Spectra,
)
from .events import (
    Started as Started,
)
from .events import (
    Steered as Steered,
)
from .events import (
    Warned as Warned,
)
from .events import (
    open_run as open_run,
)
from .events import (
    read_sheet as read_sheet,
)
from .events import (
    to_line as to_line,
)
from .health import GUESSING as GUESSING
from .health import Finding as Finding
from .health import findings as findings
from .health import (
    seconds_left as seconds_left,
)
from .health import (
    seconds_per_image as seconds_per_image,
)
from .health import variety_of_sheet as variety_of_sheet
from .health import (
    whole_work as whole_work,
)
from .loop import train as train
from .model_export import RunMorph as RunMorph
from .model_export import keep_blend as keep_blend
from .model_export import keep_model as keep_model
from .model_export import moments_of as moments_of
from .model_export import open_any as open_any
from .model_export import sample_recipe as sample_recipe
from .resume import Changes as Changes
from .run_folder import (
    FULL as FULL,
)
from .run_folder import (
    REALS as REALS,
)
from .run_folder import (
    REMEDY as REMEDY,
)
from .run_folder import (
    SKIPPED as SKIPPED,
)
from .run_folder import (
    Change as Change,
)
from .run_folder import (
    ControlFile as ControlFile,
)
from .run_folder import (
    RunFolder as RunFolder,
)
from .run_folder import (
    Value as Value,
)
from .run_folder import (
    applied as applied,
)
from .run_folder import (
    is_full as is_full,
)
from .run_folder import kept_in as kept_in
from .run_folder import (
    life_of as life_of,
)
from .run_folder import (
    read_control as read_control,
)
from .run_folder import (
    read_record as read_record,
)
from .run_folder import (
    trained_by as trained_by,
)
from .run_folder import (
    write_control as write_control,
)
from .run_list import (
    RunFacts as RunFacts,
)
from .run_list import (
    Runs as Runs,
)
from .run_list import (
    ago as ago,
)
from .run_list import (
    delete_run as delete_run,
)
from .run_list import (
    held_for_removal as held_for_removal,
)
from .run_list import (
    known_runs as known_runs,
)
from .run_list import (
    remember_run as remember_run,
)
from .run_list import (
    size_text as size_text,
)
from .run_list import (
    sweep_removed as sweep_removed,
)
from .run_list import (
    unlink_run as unlink_run,
)
from .run_look import HalfStep as HalfStep
from .run_look import HalfSteps as HalfSteps
from .run_look import Standing as Standing
from .run_look import real_pictures as real_pictures
from .run_look import run_folder_of as run_folder_of
from .state import TrainState as TrainState
from .state import adopted as adopted
from .step import (
    add_orthogonal_gradient as add_orthogonal_gradient,
)
from .step import check_start as check_start
from .step import (
    clip_weights as clip_weights,
)
from .step import (
    discriminator_loss as discriminator_loss,
)
from .step import (
    generator_loss as generator_loss,
)
from .step import (
    gradient_penalty as gradient_penalty,
)
from .step import (
    r1_penalty as r1_penalty,
)
from .training_presets import CHANGES as CHANGES
from .training_presets import (
    DEFAULT as DEFAULT,
)
from .training_presets import (
    THREE_MINUTES as THREE_MINUTES,
)
from .training_presets import (
    augmentation_for as augmentation_for,
)
from .training_presets import (
    preset as preset,
)
from .training_presets import restart_from as restart_from
