from .encoder import CODECS as CODECS
from .encoder import Codec as Codec
from .encoder import codec_for as codec_for
from .favourites import Favourite as Favourite
from .favourites import Preset as Preset
from .favourites import read_presets as read_presets
from .favourites import write_preset as write_preset
from .film import (
    GOOD_QUALITY as GOOD_QUALITY,
)
from .film import SOUND_RATE as SOUND_RATE
from .film import (
    FilmProgress as FilmProgress,
)
from .film import read_sound as read_sound
from .film import (
    write_film as write_film,
)
from .film_json import (
    FilmNote as FilmNote,
)
from .film_json import (
    note_of_film as note_of_film,
)
from .film_json import (
    timeline_from_film as timeline_from_film,
)
from .film_json import (
    timeline_json as timeline_json,
)
from .footage import (
    FilmCell as FilmCell,
)
from .footage import (
    FilmLook as FilmLook,
)
from .footage import (
    Footage as Footage,
)
from .footage import (
    filmed as filmed,
)
from .footage import (
    maps_shown as maps_shown,
)
from .footage import (
    of_pictures as of_pictures,
)
from .footage import (
    run_sheets as run_sheets,
)
from .job import (
    FILM_KINDS as FILM_KINDS,
)
from .job import (
    MOST_MODELS as MOST_MODELS,
)
from .job import (
    SHEET_KINDS as SHEET_KINDS,
)
from .job import (
    ExportJob as ExportJob,
)
from .job import (
    FilmJob as FilmJob,
)
from .job import (
    FilmPlan as FilmPlan,
)
from .job import (
    Machine as Machine,
)
from .job import (
    PerformancePlan as PerformancePlan,
)
from .job import (
    PictureSize as PictureSize,
)
from .job import (
    RecipeChanges as RecipeChanges,
)
from .job import (
    SheetJob as SheetJob,
)
from .job import (
    StartRecipe as StartRecipe,
)
from .job import (
    StillJob as StillJob,
)
from .job import (
    job_from_json as job_from_json,
)
from .job import (
    job_to_json as job_to_json,
)
from .job import (
    read_job as read_job,
)
from .job import (
    read_seeds as read_seeds,
)
from .job import (
    write_job as write_job,
)
from .pictures import (
    ENCODERS as ENCODERS,
)
from .pictures import (
    check_kind as check_kind,
)
from .pictures import (
    check_place as check_place,
)
from .pictures import (
    read_picture as read_picture,
)
from .pictures import (
    save_picture as save_picture,
)
from .png import (
    BROKEN as BROKEN,
)
from .png import (
    Embedded as Embedded,
)
from .png import NoRecipeError as NoRecipeError
from .png import (
    embedded as embedded,
)
from .png import (
    embedded_text as embedded_text,
)
from .png import (
    encode_png_with as encode_png_with,
)
from .png import (
    read_png as read_png,
)
from .png import (
    read_png_bytes as read_png_bytes,
)
from .png import (
    save_png as save_png,
)
from .reproduce import (
    as_command as as_command,
)
from .reproduce import (
    as_python as as_python,
)
from .reproduce import (
    free_path as free_path,
)
from .reproduce import (
    picture_stem as picture_stem,
)
from .reproduce import (
    plain_name as plain_name,
)
from .sheets import (
    ACROSS as ACROSS,
)
from .sheets import (
    LARGEST_SIDE as LARGEST_SIDE,
)
from .sheets import (
    METHODS as METHODS,
)
from .sheets import (
    Column as Column,
)
from .sheets import (
    Pixels as Pixels,
)
from .sheets import (
    Scaled as Scaled,
)
from .sheets import (
    SheetLook as SheetLook,
)
from .sheets import (
    check_size as check_size,
)
from .sheets import (
    columns_across as columns_across,
)
from .sheets import (
    comparison as comparison,
)
from .sheets import (
    contact_sheet as contact_sheet,
)
from .sheets import (
    edits_across as edits_across,
)
from .sheets import (
    resized as resized,
)
from .sheets import (
    resized_raw as resized_raw,
)
from .sheets import (
    strip_recipes as strip_recipes,
)
