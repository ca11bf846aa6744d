"""Keeping a model among a person's own, where lists show it and runs can start from it."""

from __future__ import annotations

from dataclasses import replace

from ganlab_core.errors import CheckpointError, explain_os_error
from ganlab_core.files import user_models_dir
from ganlab_core.importers import Container, recognise
from ganlab_core.models import (
    SUFFIX,
    ModelInfo,
    add_discriminator,
    checked_name,
    resolve,
    run_of,
    save_model,
    suggested_name,
)
from ganlab_core.training.model_export import open_any
from ganlab_core.training.transfer import discriminator_of


def keep_model(source: str, name: str = "") -> ModelInfo:
    """Write a model among the person's own; returns what its new file says of itself.

    Its discriminator is kept with it where there is one: a model file's own, or that of the newest
    checkpoint of the run whose newest model it is. Published files keep theirs to themselves.

    Parameters
    ----------
    source
        A model's name, a model file of any kind that opens, or a run's folder.
    name
        Of the new model, and its title in lists; the run's or the file's own when empty.

    Raises
    ------
    GanlabError
        For a name that is taken or cannot be one, and for what cannot be read or written.
    """
    found = resolve(source)
    usual = suggested_name(found)
    target = user_models_dir() / f"{checked_name(name or usual)}{SUFFIX}"
    model = open_any(found)
    if name not in ("", usual):
        model.info = replace(model.info, title=target.stem)
    run = run_of(found)
    native = recognise(found) is Container.NATIVE
    critic = discriminator_of(str(run or found)) if run or native else {}
    try:
        info = save_model(model, target)
        if critic:
            add_discriminator(target, critic)
    except OSError as error:
        raise CheckpointError(explain_os_error(error, "writing the model")) from None
    return info
