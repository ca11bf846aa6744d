from .building import Published as Published
from .published import open_model as open_model
from .published import open_published as open_published
from .recognition import Container as Container
from .recognition import recognise as recognise
