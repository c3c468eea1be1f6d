"""Reading what a PDF of ours says, letter by letter, as whoever copies its text would."""

import io
import re

import pikepdf

_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")


def words_of(file: bytes) -> str:
    """The text of all pages, white space folded."""
    return " ".join(pages_of(file))


def pages_of(file: bytes) -> list[str]:
    """The text of each page, white space folded."""
    with pikepdf.open(io.BytesIO(file)) as pdf:
        return [" ".join(_page(page).split()) for page in pdf.pages]


def _page(page: pikepdf.Page) -> str:
    fonts = {str(name): _letters(font) for name, font in page.resources.Font.items()}
    said, letters = [], {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            letters = fonts[str(operands[0])]
        elif str(operator) == "Tj":
            said.append(_decoded(bytes(operands[0]), letters))
        elif str(operator) == "TJ":
            said.append("".join(_decoded(bytes(part), letters) for part in operands[0] if _is_text(part)))
    return " ".join(said)


def _is_text(part: object) -> bool:
    return isinstance(part, pikepdf.String)


def _decoded(text: bytes, letters: dict[int, str]) -> str:
    codes = (int.from_bytes(text[at : at + 2], "big") for at in range(0, len(text), 2))
    return "".join(letters.get(code, "\ufffd") for code in codes)


def _letters(font: pikepdf.Object) -> dict[int, str]:
    table = bytes(font.ToUnicode.read_bytes())
    return {
        int(code, 16): bytes.fromhex(to.decode()).decode("utf-16-be") for code, to in _PAIR.findall(table)
    }
