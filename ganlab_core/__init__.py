"""The Qt-free core of ganlab: `import ganlab_core as gl` is enough for a notebook or a cluster job.

    import ganlab_core as gl

    model = gl.open("adventurer")
    frame = gl.Renderer(model).render(gl.Recipe(gl.Latent(seed=5), psi=0.7))
    frame.pixels                                            # (H, W, 3), uint8

    config = gl.with_settings(gl.TrainConfig(), {**gl.preset("minutes"), "data": "my-pictures"})
    for event in gl.train(config, "runs/mine"):
        print(event)

What it offers stands in `__init__.pyi`; each part is loaded when it is first asked for.
"""

from ganlab_core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
