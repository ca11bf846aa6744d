from .bending import FeatureBender as FeatureBender
from .chain import (
    Chain as Chain,
)
from .chain import (
    arithmetic as arithmetic,
)
from .chain import (
    reached_growth as reached_growth,
)
from .chain import (
    to_pixels as to_pixels,
)
from .conditions import (
    Conditioner as Conditioner,
)
from .conditions import (
    StageInputs as StageInputs,
)
from .conditions import (
    class_weights as class_weights,
)
from .conditions import (
    stage_inputs as stage_inputs,
)
from .conditions import (
    w_from_latent as w_from_latent,
)
from .conditions import (
    z_from_latent as z_from_latent,
)
from .conditions import (
    z_from_seed as z_from_seed,
)
from .frame import (
    DraftPicture as DraftPicture,
)
from .frame import (
    FadeParts as FadeParts,
)
from .frame import (
    Frame as Frame,
)
from .frame import (
    GreyError as GreyError,
)
from .frame import (
    Preview as Preview,
)
from .frame import (
    on_white as on_white,
)
from .frame import (
    seen_by_discriminator as seen_by_discriminator,
)
from .precision import CHOICES as CHOICES
from .precision import PRECISIONS as PRECISIONS
from .precision import counts_in as counts_in
from .precision import dtype_of as dtype_of
from .precision import fastest_precision as fastest_precision
from .probes import (
    ProbeFit as ProbeFit,
)
from .probes import (
    fit_probes as fit_probes,
)
from .probes import (
    load_saved_probes as load_saved_probes,
)
from .probes import (
    save_probes as save_probes,
)
from .renderer import Renderer as Renderer
