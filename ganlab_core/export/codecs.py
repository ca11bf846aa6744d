"""The kinds of film: which encoder writes them, with what quality, and what they can hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from ganlab_core.errors import ExportError

BT709 = (
    "scale=flags=bicubic+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv,"
    "format={pixels},"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=iec61966-2-1:range=tv"
)
"""From sRGB pixels to the luma and chroma that players expect, and the tags that say so."""


@dataclass(frozen=True, slots=True)
class Codec:
    """A kind of film.

    Attributes
    ----------
    name, title
        On the command line; for people.
    suffix
        Of its file; empty for a folder of PNGs.
    muxer
        ffmpeg's name of the container.
    encoder
        Quality from 0 to 100 -> ffmpeg's arguments.
    even
        Whether both sides must be even, because chroma is kept at half the resolution. An odd side
        gets its last row or column of pixels once more.
    embeds
        Whether the container can hold the Timeline; else it lies beside the film as .json.
    lossy
        Whether quality means something.
    fastest
        Beyond so many frames a second players slow the film down; None = no limit.
    """

    name: str
    title: str
    suffix: str
    muxer: str
    encoder: Callable[[int], list[str]]
    even: bool = False
    embeds: bool = False
    lossy: bool = False
    fastest: int | None = None

    def note(self, fps: Fraction) -> str:
        """What a person should know before choosing it at this rate; mostly nothing."""
        if self.fastest is None or fps <= self.fastest:
            return ""
        return f"Many players slow a {self.title} of more than {self.fastest} frames a second down."

    def evened(self, height: int, width: int) -> tuple[int, int]:
        """The height and width that are written of frames of this size."""
        return (height + height % 2, width + width % 2) if self.even else (height, width)


def _h264(quality: int) -> list[str]:
    crf = str(round(40 - 0.28 * quality))
    colour = ["-vf", BT709.format(pixels="yuv420p")]
    return [*colour, "-c:v", "libx264", "-crf", crf, "-preset", "medium", "-movflags", "+faststart"]


def _vp9(quality: int) -> list[str]:
    crf = str(round(60 - 0.45 * quality))
    speed = ["-deadline", "good", "-cpu-used", "4", "-row-mt", "1"]
    colour = ["-vf", BT709.format(pixels="yuv420p")]
    return [*colour, "-c:v", "libvpx-vp9", "-crf", crf, "-b:v", "0", *speed]


def _prores(_quality: int) -> list[str]:
    colour = ["-vf", BT709.format(pixels="yuv422p10le")]
    kind = ["-c:v", "prores_ks", "-profile:v", "3", "-vendor", "apl0"]
    return [*colour, *kind, "-movflags", "use_metadata_tags"]


def _ffv1(_quality: int) -> list[str]:
    return ["-c:v", "ffv1", "-level", "3", "-slices", "4", "-pix_fmt", "bgr0"]


def _webp(quality: int) -> list[str]:
    """Each frame whole: libwebp's own animations drop frames that are like the one before."""
    colour = ["-vf", "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p"]  # as WebP has it
    return [*colour, "-c:v", "libwebp", "-loop", "0", "-quality", str(quality)]


def _gif(_quality: int) -> list[str]:
    return ["-c:v", "gif", "-loop", "0"]


CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("h264", "MP4 (H.264)", ".mp4", "mp4", _h264, even=True, embeds=True, lossy=True),
        Codec("vp9", "WebM (VP9)", ".webm", "webm", _vp9, even=True, embeds=True, lossy=True),
        Codec("gif", "GIF", ".gif", "gif", _gif, fastest=50),
        Codec("webp", "animated WebP", ".webp", "webp", _webp, lossy=True),
        Codec("ffv1", "MKV (FFV1, lossless)", ".mkv", "matroska", _ffv1, embeds=True),
        Codec("prores", "MOV (ProRes 422 HQ)", ".mov", "mov", _prores, even=True, embeds=True),
        Codec("png", "PNG sequence", "", "", lambda _: []),
    )
}
"""Name -> kind of film."""


def codec_for(name: str | None, suffix: str) -> Codec:
    """The kind of film meant by a name, or without one by the ending of its file.

    Raises `ExportError` for an ending of no film, or one that is another kind's.
    """
    chosen = CODECS.get(name) if name else _by_suffix(suffix)
    if chosen is None:
        raise ExportError(
            f"{name or suffix!r} is no kind of film.",
            f"Kinds are {', '.join(CODECS)}; endings are"
            f" {', '.join(codec.suffix for codec in CODECS.values() if codec.suffix)}, or none for"
            " a folder of PNGs.",
        )
    if chosen.suffix != suffix.lower():
        wanted = f"ends in {chosen.suffix}" if chosen.suffix else "is a folder"
        raise ExportError(f"A film of kind {chosen.name} {wanted}.", "Change its name.")
    return chosen


def _by_suffix(suffix: str) -> Codec | None:
    return {codec.suffix: codec for codec in CODECS.values()}.get(suffix.lower())
