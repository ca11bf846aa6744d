from .building import Published as Published
from .foreign_latents import ARRAYS as ARRAYS
from .foreign_latents import read_places as read_places
from .published import open_model as open_model
from .published import open_published as open_published
from .recognition import Container as Container
from .recognition import recognise as recognise
