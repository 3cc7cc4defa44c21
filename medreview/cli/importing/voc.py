"""Pascal VOC: one XML a picture. Its boxes count pixels from 1 and include both ends."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from medreview.cli.importing.sources import LabelledImage, LabelledSet, Mark, find_folder, find_images, stem
from medreview.core.errors import Invalid

_MAX_BYTES = 16 * 1024 * 1024


def read(root: Path) -> LabelledSet:
    folder = find_folder(root, ("annotations", "Annotations"), "VOC annotations")
    trees = {stem(path): _load(path) for path in sorted(folder.glob("*.xml"))}
    if not trees:
        raise Invalid(f"{folder} has no .xml file.")
    by_stem = {stem(tree.findtext("filename") or name): tree for name, tree in trees.items()} | trees
    images = []
    for image in find_images(root, without=("annotations",)):
        tree = by_stem.get(stem(image))
        images.append(LabelledImage(image, None, partial(_marks, tree) if tree is not None else None))
    categories = sorted({name for tree in trees.values() for name in _names(tree)})
    return LabelledSet(root, images, categories)


def _load(path: Path) -> ElementTree.Element:
    raw = path.read_bytes()
    if len(raw) > _MAX_BYTES or b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise Invalid(f"{path.name} is not a plain VOC file (too large, or with a document type).")
    try:
        return ElementTree.fromstring(raw)  # noqa: S314 (entities are refused above)
    except ElementTree.ParseError as error:
        raise Invalid(f"{path.name} is not XML: {error}.") from error


def _names(tree: ElementTree.Element) -> list[str]:
    return [name for item in tree.iter("object") if (name := item.findtext("name"))]


def _marks(tree: ElementTree.Element) -> list[Mark]:
    width, height = (int(float(tree.findtext(f"size/{side}") or 0)) or 1 << 30 for side in ("width", "height"))
    found = []
    for item in tree.iter("object"):
        try:
            x0, y0, x1, y1 = (
                round(float(item.findtext(f"bndbox/{key}") or "")) for key in ("xmin", "ymin", "xmax", "ymax")
            )
        except ValueError as error:
            raise Invalid(f"{tree.findtext('filename')}: an object has no complete bndbox.") from error
        box = (max(0, x0 - 1), max(0, y0 - 1), min(width, x1), min(height, y1))
        if box[2] > box[0] and box[3] > box[1]:
            found.append(Mark(item.findtext("name") or "", box=box))
    return found
