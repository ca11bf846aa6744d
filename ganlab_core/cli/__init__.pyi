from .commands import (
    COMMANDS as COMMANDS,
)
from .commands import (
    EXIT_STATUSES as EXIT_STATUSES,
)
from .commands import (
    USAGE as USAGE,
)
from .commands import (
    Parser as Parser,
)
from .commands import (
    did_you_mean as did_you_mean,
)
from .commands import (
    list_of_commands as list_of_commands,
)
from .output import complain as complain
from .overview import window_remedy as window_remedy
from .program import job_of_arguments as job_of_arguments
from .program import main as main
