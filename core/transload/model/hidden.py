"""Characters that move a cursor, turn the direction of a line or are no text: they are spelled out wherever a person may look."""

from __future__ import annotations

import re
from typing import Final

CONTROLS: Final = (*range(9), *range(11, 32), *range(127, 160))
"""All but tab and newline. Terminals take those above 127 for commands too."""

DIRECTIONS: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
SURROGATES: Final = range(0xD800, 0xE000)

HIDDEN: Final = re.compile(f"[{''.join(map(re.escape, map(chr, (*CONTROLS, *DIRECTIONS))))}\ud800-\udfff]")


def visible_json(text: str) -> str:
    """Equal JSON in which such characters, which stand within strings only, are escaped."""
    return HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
