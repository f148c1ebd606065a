"""A bar chart as SVG: for each workload the CPU of a request on each server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, LEFT, RIGHT, BAR, GAP, HEADING, TOP = 760, 170, 120, 20, 8, 40, 52
_FONT = "font-family='system-ui, sans-serif'"
_OURS, _OTHERS, _DATABASE, _INK, _FAINT = "#0b6e99", "#8a94a0", "#d9c27a", "#1f2933", "#52606d"


class Bar(NamedTuple):
    """A server: milliseconds of CPU of its own, and of the database for it."""

    title: str
    cpu: float
    database: float
    ours: bool = False

    @property
    def length(self) -> float:
        """Both together."""
        return self.cpu + self.database


def chart(groups: Mapping[str, Sequence[Bar]], cut: str = "") -> str:
    """The SVG of groups of bars, each group on its own scale, on which the bar named `cut` does not count."""
    parts: list[str] = []
    y = TOP
    for name, bars in groups.items():
        y += HEADING
        parts.append(_text(LEFT, y - 12, name, weight="bold"))
        longest = max((bar.length for bar in bars if bar.title != cut), default=0)
        longest = longest or max(bar.length for bar in bars)
        for bar in bars:
            parts += _bar(bar, y, (WIDTH - LEFT - RIGHT) / longest)
            y += BAR + GAP
    legend = [
        _text(20, 26, "Milliseconds of CPU per request; shorter is better", size=15, weight="bold"),
        *_key(20, _OURS, "projectgate"),
        *_key(140, _OTHERS, "other servers"),
        *_key(270, _DATABASE, "PostgreSQL for the request"),
    ]
    height = y + 16
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' "
            f"viewBox='0 0 {WIDTH} {height}' role='img' aria-label='CPU per request by server'>",
            f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>",
            *legend,
            *parts,
            "</svg>\n",
        ]
    )


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    room = WIDTH - LEFT - RIGHT
    own = min(bar.cpu * scale, room)
    rest = min(bar.database * scale, room - own)
    middle = y + BAR - 5
    label = f"{bar.cpu:.2f} + {bar.database:.2f}"
    parts = [
        _text(LEFT - 10, middle, bar.title, anchor="end", weight="bold" if bar.ours else "normal"),
        _rectangle(LEFT, y, own, BAR, _OURS if bar.ours else _OTHERS),
        _rectangle(LEFT + own, y, rest, BAR, _DATABASE),
        _text(LEFT + own + rest + 8, middle, label, fill=_FAINT),
    ]
    if bar.length * scale > room * 1.001:
        # A slanted gap: the bar goes on far beyond the paper.
        x = LEFT + room - 34
        points = f"{x},{y + BAR} {x + 8},{y} {x + 16},{y} {x + 8},{y + BAR}"
        parts.append(f"<polygon points='{points}' fill='#ffffff'/>")
    return parts


def _key(x: int, fill: str, text: str) -> list[str]:
    return [_rectangle(x, 38, 12, 12, fill), _text(x + 18, 49, text, fill=_FAINT)]


def _rectangle(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f"<rect x='{x:.1f}' y='{y}' width='{width:.1f}' height='{height}' fill='{fill}'/>"


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 13,
    weight: str = "normal",
    anchor: str = "start",
    fill: str = _INK,
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y}' {_FONT} font-size='{size}' font-weight='{weight}' "
        f"text-anchor='{anchor}' fill='{fill}'>{escape(text)}</text>"
    )
