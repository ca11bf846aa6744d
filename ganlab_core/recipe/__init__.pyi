from .bends import CHOICES as CHOICES
from .bends import MOST_BENDS as MOST_BENDS
from .bends import MOST_CLUSTERS as MOST_CLUSTERS
from .bends import OPERATIONS as OPERATIONS
from .bends import REGION_SIDE as REGION_SIDE
from .bends import Bend as Bend
from .bends import BendOperation as BendOperation
from .bends import bend_text as bend_text
from .bends import bent_layer as bent_layer
from .bends import maps_text as maps_text
from .bends import read_bend as read_bend
from .bends import read_maps as read_maps
from .bends import read_stage as read_stage
from .capabilities import MAPPING as MAPPING
from .capabilities import Capabilities as Capabilities
from .capabilities import Layer as Layer
from .extent import FILLS as FILLS
from .extent import MOST_PLACES as MOST_PLACES
from .extent import SEAMLESS as SEAMLESS
from .extent import WIDEST as WIDEST
from .extent import Extent as Extent
from .kinds import FULLEST as FULLEST
from .kinds import blend_latents as blend_latents
from .kinds import latent_text as latent_text
from .latent_walk import (
    Space as Space,
)
from .latent_walk import (
    Surface as Surface,
)
from .latent_walk import (
    Vector as Vector,
)
from .latent_walk import (
    along as along,
)
from .latent_walk import (
    blend as blend,
)
from .latent_walk import (
    corner_weights as corner_weights,
)
from .latent_walk import (
    mutate as mutate,
)
from .latent_walk import (
    spline_weights as spline_weights,
)
from .parts import (
    COUNTED_NOISE as COUNTED_NOISE,
)
from .parts import (
    MOST_CENTRES as MOST_CENTRES,
)
from .parts import (
    NOISE_MODES as NOISE_MODES,
)
from .parts import (
    SEED_MAX as SEED_MAX,
)
from .parts import (
    TORCH_NOISE as TORCH_NOISE,
)
from .parts import (
    Centres as Centres,
)
from .parts import (
    Classes as Classes,
)
from .parts import (
    EditDirection as EditDirection,
)
from .parts import (
    Gains as Gains,
)
from .parts import (
    Latent as Latent,
)
from .parts import (
    LayerNoise as LayerNoise,
)
from .parts import (
    Mix as Mix,
)
from .parts import (
    Noise as Noise,
)
from .parts import (
    read_centres as read_centres,
)
from .parts import (
    read_generator as read_generator,
)
from .recipe import (
    DECLARED as DECLARED,
)
from .recipe import (
    LANES as LANES,
)
from .recipe import (
    PARTS as PARTS,
)
from .recipe import (
    RECIPE_BYTES as RECIPE_BYTES,
)
from .recipe import (
    Recipe as Recipe,
)
from .recipe import (
    blend_recipes as blend_recipes,
)
from .recipe import (
    fit as fit,
)
from .recipe import (
    read_recipe as read_recipe,
)
from .recipe import (
    recipe_diff as recipe_diff,
)
from .written import amounts_text as amounts_text
from .written import (
    class_name as class_name,
)
from .written import (
    find_class as find_class,
)
from .written import (
    list_of_classes as list_of_classes,
)
from .written import (
    matching as matching,
)
from .written import (
    read_classes as read_classes,
)
from .written import (
    short_name as short_name,
)
from .written import with_amounts as with_amounts
