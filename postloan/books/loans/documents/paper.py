"""
A paper being put together: title, facts, tables, clauses, signatures, and the bytes of the PDF.

Latin text stands in Helvetica, Chinese in STSong-Light, one of the fonts that PDF readers bring along; so
no font file is needed, and none is embedded. For an archive that must embed every font, name a TrueType
file as `chinese_font_file`. The same paper drawn twice is the same bytes. Why this library:
docs/decisions/0050-papers-by-reportlab.md.
"""

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.enums import TA_RIGHT  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from reportlab.platypus import CondPageBreak, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle  # type: ignore[import-untyped]

from postloan.books.loans.documents.wording import LANGUAGES

LATIN, LATIN_BOLD, CHINESE = "Helvetica", "Helvetica-Bold", "STSong-Light"

_MARGIN = 18 * mm
_PADDING = 6  # what the frame of a page leaves free on each side, in points
_WIDTH = A4[0] - 2 * _MARGIN - 2 * _PADDING
_INK, _RULE, _SHADE = colors.HexColor("#1f2933"), colors.HexColor("#c3cad2"), colors.HexColor("#eef1f4")

Row: TypeAlias = Sequence[str]


class LanguageNotWritten(ValueError):
    """The papers are not written in this language."""


class Paper:
    """A paper being put together, piece by piece."""

    def __init__(self, *, language: str, chinese_font_file: Path | None) -> None:
        if language not in LANGUAGES:
            raise LanguageNotWritten(language)
        self.words = LANGUAGES[language]
        self._chinese = _register_chinese(chinese_font_file)
        in_chinese = language == "zh-hans"
        plain, bold = (self._chinese, self._chinese) if in_chinese else (LATIN, LATIN_BOLD)
        self._plain, self._bold = plain, bold
        wrap = "CJK" if in_chinese else None
        style = partial(ParagraphStyle, textColor=_INK, wordWrap=wrap)
        self._styles = {
            "title": style("title", fontName=bold, fontSize=16, leading=22, spaceAfter=2 * mm),
            "heading": style(
                "heading",
                fontName=bold,
                fontSize=11,
                leading=15,
                spaceBefore=5 * mm,
                spaceAfter=1.5 * mm,
            ),
            "text": style("text", fontName=plain, fontSize=9, leading=13.5),
            "cell": style("cell", fontName=plain, fontSize=8, leading=11),
            "head": style("head", fontName=bold, fontSize=8, leading=11),
            "number": style("number", fontName=plain, fontSize=8, leading=11, alignment=TA_RIGHT),
            "number_head": style("number_head", fontName=bold, fontSize=8, leading=11, alignment=TA_RIGHT),
        }
        self._pieces: list[Any] = []
        self._footer = ""

    def title(self, text: str, *, footer: str) -> None:
        self._footer = footer
        self._pieces.append(self._paragraph(text, "title"))

    def heading(self, text: str, *, note: str = "") -> None:
        """A heading that never stands alone at the foot of a page."""
        self._pieces.append(CondPageBreak(30 * mm))
        self._pieces.append(self._paragraph(f"{text} · {note}" if note else text, "heading"))

    def text(self, text: str) -> None:
        self._pieces.append(self._paragraph(text, "text"))

    def clause(self, title: str, text: str) -> None:
        self.heading(title)
        for part in text.split("\n"):
            if part.strip():
                self._pieces += [self._paragraph(part, "text"), Spacer(1, 1 * mm)]

    def facts(self, rows: Sequence[Row], *, heading: str = "", note: str = "") -> None:
        """Name and value side by side; nothing at all where there are no rows."""
        if not rows:
            return
        if heading:
            self.heading(heading, note=note)
        cells = [[self._paragraph(name, "cell"), self._paragraph(value, "cell")] for name, value in rows]
        table = Table(cells, colWidths=[_WIDTH * 0.36, _WIDTH * 0.64], hAlign="LEFT")
        table.setStyle(
            TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, _RULE), ("VALIGN", (0, 0), (-1, -1), "TOP"), *_TIGHT])
        )
        self._pieces.append(table)

    def table(self, heads: Row, rows: Sequence[Row], *, total: Row) -> None:
        """A table whose first two columns are words and the rest amounts; its head is repeated on every page."""

        def line(cells: Row, word: str, number: str) -> list[Any]:
            return [self._paragraph(cell, word if place < 2 else number) for place, cell in enumerate(cells)]

        cells = [line(heads, "head", "number_head")]
        cells += [line(row, "cell", "number") for row in rows]
        cells.append(line(total, "head", "number_head"))
        first = _WIDTH * (0.08 if len(heads) <= 7 else 0.13)
        second = _WIDTH * (0.20 if len(heads) <= 7 else 0.17)
        rest = (_WIDTH - first - second) / (len(heads) - 2)
        table = Table(cells, colWidths=[first, second] + [rest] * (len(heads) - 2), repeatRows=1, hAlign="LEFT")
        table.setStyle(
            TableStyle(
                [
                    ("BACKGROUND", (0, 0), (-1, 0), _SHADE),
                    ("LINEBELOW", (0, 0), (-1, -1), 0.3, _RULE),
                    ("LINEABOVE", (0, -1), (-1, -1), 0.8, _INK),
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    *_TIGHT,
                ]
            )
        )
        self._pieces.append(table)

    def signatures(self, names: Sequence[str], *, heading: str) -> None:
        """A line to sign on for each name, never torn apart by the end of a page."""
        cells = [["", ""], [self._paragraph(name, "cell") for name in names]]
        table = Table(cells, colWidths=[_WIDTH / 2] * 2, hAlign="LEFT")
        rules = [("LINEABOVE", (0, 1), (-1, 1), 0.6, _INK), ("BOTTOMPADDING", (0, 0), (-1, 0), 12 * mm)]
        table.setStyle(TableStyle([*rules, ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
        self._pieces.append(KeepTogether([self._paragraph(heading, "heading"), table]))

    def finish(self, *, title: str) -> bytes:
        """Return the bytes; the same pieces always give the same."""
        out = io.BytesIO()
        document = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=_MARGIN,
            title=title,
            author=self._footer,
            lang={"en": "en", "zh-hans": "zh-CN"}[self.words.language],
        )
        document.build(self._pieces, canvasmaker=partial(_NumberedCanvas, paper=self))
        return out.getvalue()

    def draw_footer(self, canvas: Any, *, page: int, pages: int) -> None:
        canvas.setFillColor(_INK)
        canvas.setFont(self._chinese if _needs_chinese(self._footer) else self._plain, 7.5)
        canvas.drawString(_MARGIN + _PADDING, 10 * mm, self._footer)
        canvas.setFont(self._plain, 7.5)
        canvas.drawRightString(A4[0] - _MARGIN - _PADDING, 10 * mm, self.words.page.format(page=page, pages=pages))

    def _paragraph(self, text: str, style: str) -> Any:
        """Text as it stands, never markup; what the font of the style lacks stands in the Chinese one."""
        if self._plain == self._chinese or not _needs_chinese(text):
            return Paragraph(escape(text), self._styles[style])
        runs = "".join(
            f'<font name="{self._chinese}">{escape(letter)}</font>' if _needs_chinese(letter) else escape(letter)
            for letter in text
        )
        return Paragraph(runs, self._styles[style])


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """A canvas that knows how many pages there are before it draws their feet."""

    def __init__(self, *args: Any, paper: Paper, **options: Any) -> None:
        super().__init__(*args, **(options | {"invariant": 1}))
        self._paper = paper
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  reportlab's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        kept = self._kept
        for number, state in enumerate(kept, start=1):
            self.__dict__.update(state)
            self._paper.draw_footer(self, page=number, pages=len(kept))
            super().showPage()
        super().save()


_TIGHT = [
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
]


def _register_chinese(font_file: Path | None) -> str:
    """Return the name of the Chinese font, known to the library from now on."""
    name = CHINESE if font_file is None else f"chinese:{font_file}"
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE) if font_file is None else TTFont(name, str(font_file)))
    return name


def _needs_chinese(text: str) -> bool:
    """Say whether Helvetica lacks a letter of it: what its encoding, the Windows one, cannot hold."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return True
    return False
