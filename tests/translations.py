"""Brings the catalogues up to date with the code: `make translations`.

Babel's own commands would do it, but for one thing: "95 % interval" looks to them like an old
format string, and they refuse its translation.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from fer_core.translation import DEFAULT_LANGUAGE, LANGUAGES

ROOT = Path(__file__).parent.parent
FOLDERS = ("dashboard", "fer_core")  # whose messages are translated
CATALOGUES = ROOT / "fer_core" / "locale"


def extracted() -> Catalog:
    """Return the messages of the code, each with the files it stands in."""
    catalogue = Catalog()
    for folder in FOLDERS:
        for file, _line, message, _comments, context in extract_from_dir(ROOT / folder):
            catalogue.add(message, locations=[(f"{folder}/{file}", 1)], context=context)
    return catalogue


def read(path: Path) -> Catalog:
    """Return the catalogue of a language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name)


def compiled(catalogue: Catalog) -> bytes:
    """Return what the program reads."""
    content = BytesIO()
    write_mo(content, catalogue)
    return content.getvalue()


def main() -> None:
    """Add new messages to each catalogue, drop old ones, compile, and say what lacks. A language
    without a catalogue gets one."""
    messages = extracted()
    for language in LANGUAGES:
        if language == DEFAULT_LANGUAGE:
            continue
        locale = language.replace("-", "_")
        path = CATALOGUES / locale / "LC_MESSAGES" / "fer_lab.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        new = Catalog(locale, project="FER Lab", msgid_bugs_address="FER Lab", fuzzy=False)
        catalogue = read(path) if path.exists() else new
        catalogue.update(messages, no_fuzzy_matching=True, update_creation_date=False)
        with path.open("wb") as file:
            write_po(
                file,
                catalogue,
                width=100,
                include_lineno=False,
                sort_by_file=True,
                ignore_obsolete=True,
            )
        path.with_suffix(".mo").write_bytes(compiled(read(path)))
        lacking = [message.id for message in catalogue if message.id and not message.string]
        print(f"{locale}: {len(catalogue)} messages, {len(lacking)} to translate")
        for message in lacking:
            print(f"  {message}")


if __name__ == "__main__":
    main()
