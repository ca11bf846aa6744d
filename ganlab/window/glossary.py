"""The field's words, one short paragraph each, with the paper that says more."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field.

    Attributes
    ----------
    name
        As the window writes it.
    also
        Other words people have for it.
    text
        What it is, in a few sentences.
    paper
        Where it was described.
    formula
        The same in symbols, where there is one to write.
    """

    name: str
    also: str
    text: str
    paper: str
    formula: str = ""


TERMS = (
    Term("GAN", "generative adversarial network what is a gan",
         "Two networks that learn against each other: a generator draws pictures from random numbers,"
         " a discriminator is shown these and real ones and says which is which. Each learns from the"
         " other's mistakes, until the pictures can hardly be told from real ones.",
         "Goodfellow et al. 2014, Generative Adversarial Nets",
         formula="min over G, max over D of  E log D(x) + E log(1 - D(G(z)))"),
    Term("Generator", "g network",
         "The network that draws. It starts from a list of random numbers and a few coarse pixels, and"
         " each block doubles the resolution and adds finer things. The desk is the generator, one"
         " strip a resolution.",
         "Goodfellow et al. 2014; Karras et al. 2018 (ProGAN)",
         formula="x = G(z)"),
    Term("Discriminator", "d critic",
         "The network that is shown real and drawn pictures and says how real each looks. It is needed"
         " while one trains; afterwards the generator works without it.",
         "Goodfellow et al. 2014",
         formula="D(x) = sigma(s(x)), 0 to 1: how likely x is real"),
    Term("Latent z", "latent space vector random numbers",
         "The random numbers a picture grows from, usually 512 of them. Near places give similar"
         " pictures, so that walking from one to another morphs the picture smoothly.",
         "Goodfellow et al. 2014; Karras et al. 2018 (ProGAN)",
         formula="z ~ N(0, I)"),
    Term("Seed", "number random dice",
         "One number from which the random numbers are drawn. The same seed gives the same picture,"
         " today and on another machine with the same precision.",
         "ganlab: the Recipe",
         formula="z = N(0, I) drawn by a generator that begins at the seed"),
    Term("Style W", "w space mapping network intermediate latent style vector",
         "A small network, the mapping, turns z into a style vector w. In W the things a network knows"
         " lie less entangled, so that edits there change one thing and leave the rest.",
         "Karras et al. 2019 (StyleGAN), sec. 2 and 4",
         formula="w = f(z / |z| * sqrt(n)), f a network of 8 dense layers"),
    Term("W+", "w plus layers own style",
         "A style of its own for every layer. It can say more than one w for all, which is why"
         " pictures of one's own are brought into a network there.",
         "Abdal et al. 2019, Image2StyleGAN",
         formula="w_1, w_2, ..., w_L instead of one w"),
    Term("Style mixing", "mix styles crossover combine two pictures",
         "Some layers take the style of one picture, others that of another: coarse layers decide pose"
         " and shape, middle ones features, fine ones colour and texture.",
         "Karras et al. 2019 (StyleGAN), sec. 3.1",
         formula="w_i = w_A for i < k, w_B for i >= k; in part: w_i = (1 - a) w_A + a w_B"),
    Term("Truncation psi", "truncation trick psi quality variety average",
         "How far from the average picture a style may lie. 0 is the average itself, 1 is as trained;"
         " between them pictures are surer and more alike, above 1 wilder.",
         "Karras et al. 2019 (StyleGAN), appendix B; Brock et al. 2019 (BigGAN), sec. 3.1",
         formula="w' = mean(w) + psi (w - mean(w)); without a W: z' = psi z"),
    Term("Cutoff layer", "truncation cutoff layers",
         "Truncation may hold for the coarse layers only: shape is then tame while colour and texture"
         " keep their full reach.",
         "Karras et al. 2019 (StyleGAN), appendix B",
         formula="psi_i = psi for i < cutoff, 1 for the others"),
    Term("Noise", "random detail grain stochastic variation",
         "Random numbers added to each layer's maps. They move what is random anyway, curls, freckles,"
         " leaves, and leave what the picture shows.",
         "Karras et al. 2019 (StyleGAN), sec. 3.2",
         formula="x_c = x_c + strength * B_c * n,  n ~ N(0, I), B_c learned for each channel c"),
    Term("Growth", "progressive growing grow fade in blocks",
         "A network that grew began at 4 px and was given one block after another. The growth slider"
         " goes back to what it knew with fewer blocks.",
         "Karras et al. 2018 (ProGAN), sec. 2",
         formula="growth = log2(side) - 1 + alpha"),
    Term("Alpha", "fade fading in blend block",
         "How far a new block is faded in: at 0 the picture is that of the block before, enlarged, at 1"
         " the new block alone draws. Between them both are blended, so that training is not shocked.",
         "Karras et al. 2018 (ProGAN), fig. 2",
         formula="picture = (1 - alpha) up(old) + alpha new"),
    Term("toRGB", "to rgb read-out readout probe layer",
         "A small layer that turns a block's many maps into the three colours of a picture. In a"
         " finished network those of coarse blocks are stale; ganlab then fits read-outs of its own.",
         "Karras et al. 2018 (ProGAN), sec. 2; Karras et al. 2020 (StyleGAN2), sec. 4.2",
         formula="rgb = A x + b, a 1x1 convolution"),
    Term("Class", "label condition conditional category",
         "A network that knows classes draws what it is told to. The class enters as a learned vector,"
         " so that classes can be mixed, also in parts.",
         "Brock et al. 2019 (BigGAN), sec. 3",
         formula="y = sum_k weight_k e_k; gain = 1 + W_g y, bias = W_b y"),
    Term("Attention", "self-attention gamma look",
         "A layer in which every place of the picture may look at every other one, which keeps far"
         " parts in accord. Gamma says how strongly its answer is added.",
         "Zhang et al. 2019 (SAGAN)",
         formula="y = x + gamma * softmax(f(x)^T g(x)) h(x)"),
    Term("Bend", "network bending rotate blur freeze feature maps operation deform",
         "An operation on the feature maps of one stage while the picture is drawn: they are turned,"
         " moved, blurred, held. All maps, some, or those of a painted region; later stages make of it"
         " what they can.",
         "Broad et al. 2021 (Network Bending), sec. 3",
         formula="x = f(x) for the chosen maps x of a stage"),
    Term("Skip-z", "hierarchical latent chunk",
         "In BigGAN every block is given its own part of z, as in StyleGAN every layer a style. So one"
         " can mix at one scale only.",
         "Brock et al. 2019 (BigGAN), sec. 3",
         formula="y_block = [e_class, z_block]"),
    Term("Threshold", "truncated normal resample",
         "BigGAN's own truncation: numbers of z beyond the threshold are drawn again, so that only"
         " common ones remain.",
         "Brock et al. 2019 (BigGAN), sec. 3.1",
         formula="z ~ N(0, I) on condition that |z_i| < threshold"),
    Term("Interpolation", "interpolate morph slerp lerp between spherical linear",
         "Going from one latent to another by small steps. In z one goes along the sphere (slerp), since"
         " its middle is empty; in W straight.",
         "White 2016, Sampling Generative Networks; Karras et al. 2019, sec. 4.1",
         formula="slerp(a, b, t) = sin((1 - t) q)/sin(q) a + sin(t q)/sin(q) b, q the angle between"),
    Term("Direction", "edit ganspace pca sefa attribute semantic",
         "A way through the latent space along which one thing changes: age, light, pose. It is found"
         " from the spread of styles (GANSpace), from the weights (SeFa), or from pictures with labels.",
         "Härkönen et al. 2020 (GANSpace); Shen and Zhou 2021 (SeFa)",
         formula="w' = w + amount * v"),
    Term("Projection", "inversion invert own photo encode find latent",
         "Looking for the latent whose picture is nearest to one of your own, so that it can be edited"
         " like any other.",
         "Karras et al. 2020 (StyleGAN2), appendix D; Abdal et al. 2019",
         formula="w* = argmin over w of  distance(G(w), picture)"),
    Term("Feature map", "activation channel unit neuron ablate dissection",
         "What one channel of a stage holds for every place of the picture. Switching a channel off"
         " shows what it stood for.",
         "Bau et al. 2019 (GAN Dissection)",
         formula="x_c = gain * x_c;  gain 0 takes it out"),
    Term("Mode collapse", "collapse all the same variety",
         "The generator draws the same few pictures whatever the random numbers: it has found something"
         " the discriminator believes. More data, R1, a lower learning rate or augmentation help.",
         "Goodfellow 2016, NIPS tutorial; Karras et al. 2018, sec. 3"),
    Term("Memorising", "overfit overfitting copies data nearest",
         "The discriminator knows the training pictures by heart, and the generator begins to repeat"
         " them. With few pictures augmentation of what the discriminator sees helps.",
         "Karras et al. 2020 (ADA)"),
    Term("Augmentation", "ada diffaugment augment few pictures",
         "Flips, shifts and colours applied to everything the discriminator sees, so that it cannot learn"
         " a small data set by heart; ADA chooses how much from how sure it is.",
         "Karras et al. 2020 (ADA); Zhao et al. 2020 (DiffAugment)"),
    Term("Learning rate", "lr step size adam speed",
         "How far the weights move at each step. Too high, and losses swing or break; too low, and"
         " nothing happens in an evening.",
         "Kingma and Ba 2015 (Adam)",
         formula="theta = theta - rate * m / (sqrt(v) + eps)"),
    Term("Batch size", "minibatch batch",
         "Pictures seen at one step. Larger batches are steadier and need more memory.",
         "Brock et al. 2019 (BigGAN), sec. 3"),
    Term("R1", "gradient penalty gamma regularisation stable",
         "A penalty on how steeply the discriminator's answer changes at real pictures. It keeps the"
         " game stable near the end.",
         "Mescheder et al. 2018",
         formula="gamma / 2 * E |dD/dx|^2 at real x"),
    Term("EMA", "moving average averaged generator weights",
         "The generator that is kept is a moving average of the one that trains; its pictures are calmer"
         " and better.",
         "Karras et al. 2018 (ProGAN), sec. 6",
         formula="theta_ema = beta theta_ema + (1 - beta) theta"),
    Term("kimg", "thousand images progress how long",
         "A thousand pictures shown to the discriminator: how one counts how long a run has trained.",
         "Karras et al. 2018 (ProGAN)"),
    Term("KID", "fid score distance quality metric",
         "How far the drawn pictures lie from the data, as seen by another network's features; 0 is no"
         " difference. KID needs fewer pictures than FID for an honest number.",
         "Bińkowski et al. 2018; Heusel et al. 2017 (FID)",
         formula="squared MMD of features with the kernel (x.y / d + 1)^3"),
    Term("Precision and recall", "variety coverage fidelity",
         "Two questions that one number mixes: are the pictures good, and is all the data's variety in"
         " them?",
         "Kynkäänniemi et al. 2019"),
    Term("Spectral norm", "spectral normalisation sn",
         "Weights divided by their largest gain, so that no layer can blow up; BigGAN trains with it.",
         "Miyato et al. 2018",
         formula="W / sigma(W), sigma the largest singular value"),
    Term("Path length", "regularisation smooth stylegan2",
         "StyleGAN2 asks that a step in W moves the picture by about the same everywhere, which makes"
         " walks smooth and projections easy.",
         "Karras et al. 2020 (StyleGAN2), sec. 3.2",
         formula="E (|J_w^T y| - a)^2"),
    Term("Half precision", "fp16 float fp32 bf16 speed",
         "With how many bits the network counts. 16 bits are faster on a GPU and change a picture by"
         " less than one can see.",
         "Micikevicius et al. 2018"),
    Term("Recipe", "everything that makes a picture json",
         "All numbers besides the weights that determine a picture. It is inside every saved PNG, so"
         " that a picture dropped on the window can be gone on with.",
         "ganlab"),
    Term("Placement", "shift right down turn rotate translate alias-free from within",
         "StyleGAN3 can move and turn what it draws from within: its input is a sum of waves that can be"
         " shifted, so that details move with the surface they belong to.",
         "Karras et al. 2021 (StyleGAN3), sec. 3",
         formula="input(x) = sum_k a_k sin(2 pi (f_k . (R x + t)) + phase_k)"),
    Term("Keyframe", "film timeline key pose",
         "A picture kept at a moment of the timeline; the film goes smoothly from one to the next.",
         "ganlab: docs/FILMS.md"),
)  # fmt: skip


def term(name: str) -> Term | None:
    """The term of this name, in any case; None where there is none."""
    wanted = name.casefold()
    return next((one for one in TERMS if one.name.casefold() == wanted), None)


def term_in(words: str) -> Term | None:
    """The term that words on a control are about: the longest whose name or a word of it stands there."""
    said = words.casefold()
    found = [one for one in TERMS if _stands_in(one.name.casefold(), said)]
    return max(found, key=lambda one: len(one.name), default=None) or _by_other_names(said)


def _stands_in(name: str, said: str) -> bool:
    """Whether a name stands there as words of their own: no GAN in a StyleGAN."""
    return re.search(rf"(?<![\w+]){re.escape(name)}(?![\w+])", said) is not None


def _by_other_names(said: str) -> Term | None:
    spoken = set(re.findall(r"[\w+-]+", said))
    scored = [(len(spoken & set(one.also.split())), one) for one in TERMS]
    best, one = max(scored, key=lambda pair: pair[0])
    return one if best else None
