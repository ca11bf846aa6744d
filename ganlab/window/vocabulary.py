"""What people call the things that the window can do, and how well what they type fits each.

The palette asks this. Whole words win over beginnings of words, names over other words for a thing,
and letters that only stand there in order come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ALSO = {
    "open_model": "load file import pkl checkpoint pth safetensors browse",
    "open_run": "watch training folder",
    "new_training": "train learn own pictures data dataset folder finetune fine-tune my photos start",
    "runs": "trainings list overview manage continue resume",
    "choose_model": "models network switch change pick another gallery stylegan biggan progan",
    "second_model": "model b blend layer swapping toonify interpolate weights snapshot time machine",
    "keep_model": "store library",
    "save_png": "save picture export image png download photo write still jpeg jpg",
    "copy_picture": "clipboard image",
    "copy_recipe": "json parameters settings text",
    "copy_command": "shell terminal cli script",
    "copy_python": "code notebook script api",
    "paste_recipe": "clipboard insert",
    "quit": "exit close leave",
    "undo": "back revert mistake",
    "redo": "again forward",
    "reset": "default defaults start over clear",
    "forget_history": "clear delete steps",
    "dice": "dice throw random new picture another seed surprise generate shuffle",
    "random_class": "category label",
    "next_seed": "following",
    "previous_seed": "before",
    "cycle_noise": "switch noise off grain",
    "psi_down": "less truncation average tame",
    "psi_up": "more truncation wild",
    "growth_down": "shrink fewer blocks resolution",
    "growth_up": "bigger more blocks resolution",
    "keep": "favourite favorite star bookmark like love save for later",
    "take_a": "compare before after a/b wipe side by side difference two pictures",
    "wander": "animate walk move drift automatic screensaver",
    "walk_by_hand": "drag mouse move explore",
    "move_noise": "animate grain shimmer",
    "reroll_coarse": "pose shape randomise",
    "reroll_middle": "features randomise",
    "reroll_fine": "colour color texture randomise",
    "timeline": "film animation animate keyframes sequence interpolate interpolation morph between",
    "keyframe": "add frame key pose",
    "play_film": "playback preview animation stop",
    "new_film": "empty clear",
    "open_film": "load",
    "save_film": "store",
    "export_film": "video mp4 render movie gif webm animation record to file",
    "export_pictures": "grid contact sheet many seeds batch tile print jpeg tiff",
    "perform": "midi live osc sound audio music concert controller",
    "record": "capture performance",
    "stage_window": "second screen beamer monitor output",
    "zoom_in": "larger magnify closer",
    "zoom_out": "smaller",
    "fit": "whole picture zoom to window",
    "actual_size": "100 % pixel one to one",
    "smooth": "interpolation pixels nearest bilinear blocky squares pixelated blur",
    "picture_alone": "fullscreen full screen presentation hide everything distraction",
    "thin_desk": "fullscreen desk strips over the picture",
    "reset_layout": "layout panels windows arrangement default lost panel workspace",
    "to_picture": "focus keyboard",
    "preferences": "settings options configuration device gpu cpu precision fp16 theme interface size"
    " font scale folders reduce motion language",
    "start_page": "home welcome start gallery",
    "glossary": "words dictionary terms explain help learn meaning what is",
    "model_info": "licence license about model details card parameters",
    "help": "keys shortcuts keyboard hotkeys manual",
    "about": "version credits",
    "fold_strips": "thin small desk compact minimise",
}
"""Other words for the acts, by their names."""

PANELS = {
    "Master": "seed truncation growth noise global",
    "Desk": "strips mixer channels style mixing layers",
    "Wander": "walk animate speed loop",
    "Variations": "mutations children evolve similar neighbours siblings",
    "Pad": "blend corners xy four pictures interpolate mix",
    "Psi curve": "truncation per layer curve",
    "Picture size": "extent width height wide aspect panorama banner tile seamless larger resolution",
    "Map": "latent map two dimensions projection overview tsne",
    "Favourites": "favorites kept stars bookmarks gallery collection shelf",
    "Compare": "a/b two models difference",
    "Own picture": "projection project photo invert inversion encode upload my face",
    "Drag": "draggan drag points move pull handle warp mask liquify",
    "Critic": "discriminator real fake score histogram line-up saliency adversarial",
    "Presets": "looks styles partial recipes",
    "History": "undo tree steps branches versions",
    "Timeline": "film keyframes",
    "Exports": "jobs queue progress rendering files",
    "Inside": "directions feature maps attention ganspace sefa dissection lab layers neurons",
    "Run": "training progress samples losses curves",
    "Fade": "alpha block growing old new path",
    "Stage": "midi osc live sound mapping",
    "Learn": "lessons course tutorial exercises questions teach",
    "Plane": "two dimensions points game toy gan lab",
    "Ideas": "ancestors dcgan wgan sagan comparison years papers lineage",
}
"""Other words for the panels."""

FOUND_NOTHING = (
    "Nothing here is called “{}”. Try another word for it, such as seed, film, training or compare;"
    " F1 shows every key."
)

_WORD = re.compile(r"[\w/%+-]+")
_SMALL = {
    "explain",
    "define",
    "meaning",
    "are",
    "a",
    "the",
    "of",
    "to",
    "in",
    "is",
    "what",
    "how",
    "do",
    "i",
    "my",
    "an",
    "for",
    "with",
}


def split_text(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.casefold())


_WHAT_IS = re.compile(r"\s*(what('s| is| are)|explain|define|meaning of)\b", re.IGNORECASE)


def asks_for_meaning(typed: str) -> bool:
    """Whether a person wants to know what a word means, rather than to do something."""
    return _WHAT_IS.match(typed) is not None


def asked_text(typed: str) -> list[str]:
    """The words a person asks for: without those that say nothing, unless there are no others."""
    words = split_text(typed)
    telling = [word for word in words if word not in _SMALL]
    return telling or words


def fit_of_text(asked: Iterable[str], text: str, kind: str, also: str) -> float | None:
    """How well words fit a thing's name, kind and other words; None when one fits nothing."""
    name, kinds, other = _telling(split_text(text)), split_text(kind), split_text(also)
    total = 0.0
    for word in asked:
        best = max(_fit(word, name, 10.0), _fit(word, other, 8.5), _fit(word, kinds, 3.0))
        if not best:
            return None
        total += best
    return total + _worth_of(kind, name) - len(name) / 10.0


_LEADING = {"show", "hide", "go", "to", "what", "is"}


def _telling(name: list[str]) -> list[str]:
    """A name without the words that only say what is done with it."""
    rest = [word for word in name if word not in _LEADING]
    return rest or name


def _worth_of(kind: str, name: list[str]) -> float:
    """What one can do at once comes before what one can read about, or set for another day."""
    if kind == "Training setting":
        return -1.2 if len(name) > 1 else -3.0
    return {"Knob": 2.0, "Term": -1.2, "Panel": 0.5}.get(kind, 1.0)


def _fit(word: str, words: list[str], worth: float) -> float:
    """All of the worth for the word itself, less for its beginning, a little more where it comes first."""
    if word in words:
        return worth + (0.5 if words[0] == word else 0.0)
    begun = [one for one in words if len(word) > 1 and one.startswith(word)]
    if begun:
        return worth * (0.6 + 0.3 * len(word) / len(min(begun, key=len)))
    stem = word.rstrip("s")
    near = [one for one in words if _stands_for(stem, one)]
    return worth * 0.6 if near else 0.0


def _stands_for(stem: str, word: str) -> bool:
    """Whether one is the beginning of the other, and long enough to say so."""
    return len(stem) > 3 and (word.startswith(stem) or (len(word) > 4 and stem.startswith(word)))
