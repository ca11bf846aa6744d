from .biggan import (
    DISCRIMINATOR_WIDTHS as DISCRIMINATOR_WIDTHS,
)
from .biggan import (
    GENERATOR_WIDTHS as GENERATOR_WIDTHS,
)
from .biggan import (
    BatchNorm as BatchNorm,
)
from .biggan import (
    BigGANConfig as BigGANConfig,
)
from .biggan import (
    BigGANDeepConfig as BigGANDeepConfig,
)
from .biggan import (
    BigGANDeepDiscriminator as BigGANDeepDiscriminator,
)
from .biggan import (
    BigGANDeepGenerator as BigGANDeepGenerator,
)
from .biggan import (
    BigGANDeepGeneratorBlock as BigGANDeepGeneratorBlock,
)
from .biggan import (
    BigGANDiscriminator as BigGANDiscriminator,
)
from .biggan import (
    BigGANGenerator as BigGANGenerator,
)
from .biggan import (
    BigGANGeneratorBlock as BigGANGeneratorBlock,
)
from .biggan import (
    BigGANStages as BigGANStages,
)
from .biggan import (
    Blocks as Blocks,
)
from .biggan import (
    BlockStep as BlockStep,
)
from .biggan import (
    ConditionalBatchNorm as ConditionalBatchNorm,
)
from .biggan import (
    SharedConfig as SharedConfig,
)
from .biggan import (
    StagedGenerator as StagedGenerator,
)
from .biggan import (
    biggan_capabilities as biggan_capabilities,
)
from .biggan import (
    biggan_deep_capabilities as biggan_deep_capabilities,
)
from .biggan import (
    measure_statistics as measure_statistics,
)
from .biggan import (
    ready_to_render as ready_to_render,
)
from .cogan import (
    CoGANConfig as CoGANConfig,
)
from .cogan import (
    CoGANDiscriminator as CoGANDiscriminator,
)
from .cogan import (
    CoGANGenerator as CoGANGenerator,
)
from .cogan import (
    CoGANStages as CoGANStages,
)
from .cogan import (
    cogan_capabilities as cogan_capabilities,
)
from .condition import (
    Condition as Condition,
)
from .cyclegan import (
    CycleGANConfig as CycleGANConfig,
)
from .cyclegan import (
    CycleGANDiscriminator as CycleGANDiscriminator,
)
from .cyclegan import (
    CycleGANGenerator as CycleGANGenerator,
)
from .cyclegan import (
    CycleGANStages as CycleGANStages,
)
from .cyclegan import (
    cycle_loss as cycle_loss,
)
from .cyclegan import (
    cyclegan_capabilities as cyclegan_capabilities,
)
from .dcgan import (
    DCGANConfig as DCGANConfig,
)
from .dcgan import (
    DCGANDiscriminator as DCGANDiscriminator,
)
from .dcgan import (
    DCGANGenerator as DCGANGenerator,
)
from .dcgan import (
    DCGANStages as DCGANStages,
)
from .dcgan import (
    dcgan_capabilities as dcgan_capabilities,
)
from .dense_gan import (
    DenseGANConfig as DenseGANConfig,
)
from .dense_gan import (
    DenseGANDiscriminator as DenseGANDiscriminator,
)
from .dense_gan import (
    DenseGANGenerator as DenseGANGenerator,
)
from .dense_gan import (
    DenseGANStages as DenseGANStages,
)
from .dense_gan import (
    dense_gan_capabilities as dense_gan_capabilities,
)
from .latent_stages import (
    LatentGenerator as LatentGenerator,
)
from .layers import (
    LRELU_SLOPE as LRELU_SLOPE,
)
from .layers import (
    RELU_GAIN as RELU_GAIN,
)
from .layers import (
    ClassEmbedding as ClassEmbedding,
)
from .layers import (
    EqualizedConv2d as EqualizedConv2d,
)
from .layers import (
    EqualizedLinear as EqualizedLinear,
)
from .layers import (
    PerDomain as PerDomain,
)
from .layers import (
    SelfAttention as SelfAttention,
)
from .layers import (
    SpectralConv2d as SpectralConv2d,
)
from .layers import (
    SpectralLayer as SpectralLayer,
)
from .layers import (
    SpectralLinear as SpectralLinear,
)
from .layers import (
    UpscaleConv2d as UpscaleConv2d,
)
from .layers import (
    blur as blur,
)
from .layers import (
    blurred_by_means as blurred_by_means,
)
from .layers import (
    blurred_sum as blurred_sum,
)
from .layers import (
    describe as describe,
)
from .layers import (
    downscale as downscale,
)
from .layers import (
    filter_kernel as filter_kernel,
)
from .layers import (
    folded_weights as folded_weights,
)
from .layers import (
    group_within as group_within,
)
from .layers import (
    power_step as power_step,
)
from .layers import (
    shifted_maps as shifted_maps,
)
from .layers import (
    split_growth as split_growth,
)
from .layers import (
    upscale as upscale,
)
from .lucid import (
    LucidConfig as LucidConfig,
)
from .lucid import (
    LucidGenerator as LucidGenerator,
)
from .lucid import (
    LucidStages as LucidStages,
)
from .lucid import (
    lucid_capabilities as lucid_capabilities,
)
from .progan import (
    DenseLayer as DenseLayer,
)
from .progan import (
    ProGANConfig as ProGANConfig,
)
from .progan import (
    ProGANDiscriminator as ProGANDiscriminator,
)
from .progan import (
    ProGANGenerator as ProGANGenerator,
)
from .progan import (
    ProGANStages as ProGANStages,
)
from .progan import (
    progan_capabilities as progan_capabilities,
)
from .sagan import (
    ClassBatchNorm as ClassBatchNorm,
)
from .sagan import (
    SAGANConfig as SAGANConfig,
)
from .sagan import (
    SAGANDiscriminator as SAGANDiscriminator,
)
from .sagan import (
    SAGANGenerator as SAGANGenerator,
)
from .sagan import (
    SAGANStages as SAGANStages,
)
from .sagan import (
    sagan_capabilities as sagan_capabilities,
)
from .stylegan import (
    StyleGANConfig as StyleGANConfig,
)
from .stylegan import (
    StyleGANDiscriminator as StyleGANDiscriminator,
)
from .stylegan import (
    StyleGANGenerator as StyleGANGenerator,
)
from .stylegan import (
    StyleGANLayer as StyleGANLayer,
)
from .stylegan import (
    StyleGANStages as StyleGANStages,
)
from .stylegan import (
    stylegan_capabilities as stylegan_capabilities,
)
from .stylegan2 import (
    StyleGAN2Config as StyleGAN2Config,
)
from .stylegan2 import (
    StyleGAN2Discriminator as StyleGAN2Discriminator,
)
from .stylegan2 import (
    StyleGAN2Generator as StyleGAN2Generator,
)
from .stylegan2 import (
    StyleGAN2Layer as StyleGAN2Layer,
)
from .stylegan2 import (
    StyleGAN2Stages as StyleGAN2Stages,
)
from .stylegan2 import (
    ToRGB as ToRGB,
)
from .stylegan2 import (
    stylegan2_capabilities as stylegan2_capabilities,
)
from .stylegan3 import (
    StyleGAN3Config as StyleGAN3Config,
)
from .stylegan3 import (
    StyleGAN3Generator as StyleGAN3Generator,
)
from .stylegan3 import (
    StyleGAN3Stages as StyleGAN3Stages,
)
from .stylegan3 import (
    stylegan3_capabilities as stylegan3_capabilities,
)
