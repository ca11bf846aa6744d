"""A run's state in a person's words."""

from __future__ import annotations

from ganlab_core.training.run_reader import RunStatus

GAP = "  \N{MIDDLE DOT}  "
SPACE = "\N{NO-BREAK SPACE}"


def state_words(status: RunStatus) -> str:
    """What the run does, in one sentence."""
    resolution = f"{status.resolution}{SPACE}px"
    fading = status.alpha < 1
    match status.state:
        case "running" if fading:
            return f"Fading {resolution} in: alpha {100 * status.alpha:.0f}{SPACE}%."
        case "running":
            return f"Training at {resolution}."
        case "paused":
            return f"Paused at {resolution}. Go on whenever you like."
        case "died":
            return f"{status.message} Press Go on."
        case "stopped":
            return "Training has stopped; Go on takes it up again."
    return status.message


def broke_words(status: RunStatus) -> str:
    """What is said beside the picture of a run that has not ended in order."""
    if status.state == "died":
        return f"{status.message} Press Go on in the Run panel."
    return status.message


def where_words(status: RunStatus, speed: float) -> str:
    """How far it is: `"412 000 of 1 200 000 images  ·  38 images/s  ·  about 6 h left"`."""
    parts = [f"{thousands(status.images)} of {thousands(status.images_total)} images"]
    if status.state == "running" and speed > 0:
        parts.append(f"{speed:.0f} images/s" if speed >= 10 else f"{speed:.2g} images/s")
        left = (status.images_total - status.images) / speed
        parts.append(f"{duration(left)} left at this speed")
    return GAP.join(parts)


def duration(seconds: float) -> str:
    """A length of time as a person would say it: `"about 3 h"`."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"about {seconds / size:.0f}{SPACE}{unit}"
    return f"about {max(1, round(seconds))}{SPACE}s"


def thousands(count: int) -> str:
    """12 345 with a narrow space that does not break."""
    return f"{count:,}".replace(",", SPACE)
