"""
The policy packs that come with the house, as data, and how they are read.

A pack is a TOML file, an overlay too. `cn+house` is the pack `cn` with the overlay `house` laid over it. Everything is
validated as it is read; what does not fit is refused with the file and the field.
"""

import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from postloan.kernel.contactrules import Overlay, PolicyPack, overlay

_HERE = Path(__file__).parent
_OVERLAY = "over"  # an overlay says what it may be laid over; a pack does not


class NoSuchPack(LookupError):
    """No pack or overlay of that name comes with the house."""


class PackDoesNotFit(ValueError):
    """A pack file breaks the schema; the message names file and field."""


def pack_names() -> tuple[str, ...]:
    """Return the names of the packs that come with the house."""
    return tuple(sorted(name for name, text in _files().items() if _OVERLAY not in text))


def overlay_names() -> tuple[str, ...]:
    """Return the names of the overlays that come with the house."""
    return tuple(sorted(name for name, text in _files().items() if _OVERLAY in text))


@lru_cache(maxsize=32)
def load_pack(name: str) -> PolicyPack:
    """
    Return a pack by name, with overlays after plus signs: `us-reg-f+us-ma`.

    Refuses: NoSuchPack, PackDoesNotFit, OverlayLoosens.
    """
    first, *others = name.split("+")
    pack = read_pack(path=_path(first))
    for other in others:
        pack = overlay(base=pack, stricter=read_overlay(path=_path(other)))
    return pack


def read_pack(*, path: Path) -> PolicyPack:
    """Return the pack a file holds. Refuses: PackDoesNotFit."""
    try:
        return PolicyPack.model_validate(_toml(path))
    except ValidationError as error:
        raise PackDoesNotFit(_first(path, error)) from error


def read_overlay(*, path: Path) -> Overlay:
    """Return the overlay a file holds. Refuses: PackDoesNotFit."""
    try:
        return Overlay.model_validate(_toml(path))
    except ValidationError as error:
        raise PackDoesNotFit(_first(path, error)) from error


def _path(name: str) -> Path:
    if name not in _files():
        raise NoSuchPack(f"there is no pack {name}; there are {', '.join(_files())}")
    return _HERE / f"{name}.toml"


@lru_cache(maxsize=1)
def _files() -> dict[str, dict[str, object]]:
    return {path.stem: _toml(path) for path in sorted(_HERE.glob("*.toml"))}


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackDoesNotFit(f"{path.name}: {error}") from error


def _first(path: Path, error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{path.name}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
