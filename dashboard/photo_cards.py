"""The faces of a photo with what each run makes of them, as HTML from ``fer-core predict``'s JSON.

Every text is escaped here: a file's name and a run's are anyone's to write.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from dashboard import texts
from fer_core.figures.text import class_labels
from fer_core.records import CLASS_NAMES, IMAGE_SIZE
from fer_core.translation import Translate


def crop(pixels: str) -> np.ndarray:
    """Return the (48, 48) uint8 pixels that the JSON holds in base 64."""
    flat = np.frombuffer(base64.b64decode(pixels), np.uint8)
    return flat.reshape(IMAGE_SIZE, IMAGE_SIZE)


def cards(document: Mapping[str, Any], _: Translate) -> str:
    """Return the HTML of one card a face; sizes and colours are in `style.CSS`."""
    columns = [_name(run, _) for run in document["runs"]]
    if len(columns) > 1:
        columns.append(_("Ensemble"))
    return "".join(_card(face, columns, _) for face in document["faces"])


def settings(run: Mapping[str, Any], _: Translate) -> str:
    """Say in one line of plain text which weights of a run answered, and how."""
    words = {"best": _("best weights"), "last": _("last weights")}
    line = _("{name}: {weights}, epoch {epoch}").format(
        name=_name(run, _), weights=words.get(run["weights"], run["weights"]), epoch=run["epoch"]
    )
    averaged = {"flip": _("averaged with its mirror image"), "crops": _("averaged over ten crops")}
    return f"{line}, {averaged[run['averaging']]}" if run["averaging"] in averaged else line


def _name(run: Mapping[str, Any], _: Translate) -> str:
    if run["synthetic"]:
        return _("{name} (synthetic)").format(name=run["name"])
    return str(run["name"])


def _card(face: Mapping[str, Any], columns: Sequence[str], _: Translate) -> str:
    title = _("{file}: face {face} of {faces}").format(**face)
    left, top, side = face["box"]
    hint = _("{side} × {side} pixels of the photo, from ({left}, {top})").format(
        side=side, left=left, top=top
    )
    shares = [*face["probabilities"].values()]
    if face["ensemble"]:
        shares.append(face["ensemble"])
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(_cell(each[name], max(each.values())) for each in shares)
        + "</tr>"
        for name, label in zip(CLASS_NAMES, class_labels(_), strict=True)
    )
    return (
        f'<figure class="photo"><figcaption><b>{escape(title)}</b> {escape(hint)}</figcaption>'
        f'<div><img alt="{escape(title)}" src="data:image/png;base64,{_png(face["pixels"])}">'
        f"<div><table><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        "</div></figure>"
    )


def _cell(share: float, largest: float) -> str:
    mark = ' class="top"' if share == largest else ""
    return f'<td{mark} style="--share:{100 * share:.1f}%">{texts.percent(share)}</td>'


def _png(pixels: str) -> str:
    buffer = io.BytesIO()
    Image.fromarray(crop(pixels)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
