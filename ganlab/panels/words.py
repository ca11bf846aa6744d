"""What the controls are called, which depends on what a model can do: styles of W, or parts of z."""

from __future__ import annotations

from dataclasses import dataclass

from ganlab_core.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class Words:
    """Names and explanations of the controls that all architectures share.

    Attributes
    ----------
    heading, heading_tip
        Of the master panel's first section.
    master, other
        What a strip shows by itself, and the kind of thing that can be mixed in: `"style A"`, `"style"`.
    seed, seed_tip
        Of the master's seed.
    psi, psi_tip
        Of the truncation.
    mix_paper, psi_paper
        Where mixing and truncation are described.
    """

    heading: str
    heading_tip: str
    master: str
    other: str
    seed: str
    seed_tip: str
    psi: str
    psi_tip: str
    mix_paper: str
    psi_paper: str


_STYLE = Words(
    heading="STYLE A",
    heading_tip="Style A is what every strip shows; a strip can mix in another style at its own"
    " scale (StyleGAN, Karras et al. 2019, sec. 3.1).",
    master="style A",
    other="style",
    seed="Seed of style A",
    seed_tip="The number that style A is drawn from: every strip shows it unless it mixes in another"
    " style (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1).",
    psi="Truncation psi",
    psi_tip="How far from the average picture the style may lie: 0 is the average, 1 is as trained"
    " (truncation trick; StyleGAN, Karras et al. 2019, appendix B).",
    mix_paper="(style mixing; StyleGAN, Karras et al. 2019, sec. 3.1)",
    psi_paper="(truncation trick; StyleGAN, Karras et al. 2019, appendix B)",
)

_BLOCKS = Words(
    heading="LATENT Z",
    heading_tip="The random vector z that the picture grows from; every block takes its part of it,"
    " or of another z (skip-z; BigGAN, Brock et al. 2019, sec. 3).",
    master="master z",
    other="z",
    seed="Seed of z",
    seed_tip="The number that z is drawn from: every block takes its part of it unless it mixes in"
    " another z (skip-z; BigGAN, Brock et al. 2019, sec. 3).",
    psi="Truncation psi",
    psi_tip="The scale of z: towards 0 pictures become plainer and more alike, 1 is as trained"
    " (truncation trick; BigGAN, Brock et al. 2019, sec. 3.1).",
    mix_paper="(skip-z; BigGAN, Brock et al. 2019, sec. 3)",
    psi_paper="(truncation trick as the scale of z; BigGAN, Brock et al. 2019, sec. 3.1)",
)

_LATENT = Words(
    heading="LATENT Z",
    heading_tip="The random vector z that the whole picture grows from (ProGAN, Karras et al. 2018).",
    master="master z",
    other="z",
    seed="Seed of z",
    seed_tip="The number that z is drawn from; each seed is a picture (ProGAN, Karras et al. 2018).",
    psi="Truncation psi",
    psi_tip="This model normalises z, so there is nothing to truncate (ProGAN, Karras et al. 2018).",
    mix_paper="(ProGAN, Karras et al. 2018)",
    psi_paper="(ProGAN, Karras et al. 2018)",
)


def words_for(can: Capabilities | None) -> Words:
    """The words for a model; those of styles while there is none."""
    if can is None or can.has_w:
        return _STYLE
    return _BLOCKS if can.has_mixing or can.has_truncation else _LATENT
