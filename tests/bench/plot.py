"""A plot of distributions as SVG: for each x, what share of the values is not above it."""

from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 900, 380, 60, 40, 20, 60
COLOURS = ["#0b6e4f", "#c8553d", "#3d5a98", "#8d6a9f", "#6b6b6b"]


def distribution(plot: dict) -> str:
    values = [value for series in plot["series"].values() for value in series]
    low, high = min(0.0, min(values)), max(values)
    step = tick(high - low)
    high = -(-high // step) * step or step
    low = low // step * step

    def x(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="22" font-size="15">{escape(plot["title"])}</text>']
    for i in range(5):
        share = i / 4
        out += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}" stroke="#ddd"/>',
                f'<text x="{LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>']
    at = low
    while at <= high + step / 2:
        out += [f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{y(0):.1f}" y2="{y(0) + 5:.1f}" stroke="#333"/>',
                f'<text x="{x(at):.1f}" y="{y(0) + 18:.1f}" text-anchor="middle">{at:g}</text>']
        at += step
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 22}" text-anchor="middle">{escape(plot["x"])}</text>')
    if low < 0:
        out.append(f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{y(0):.1f}" y2="{y(1):.1f}" stroke="#333" stroke-dasharray="4"/>')
    for number, (name, series) in enumerate(plot["series"].items()):
        colour = COLOURS[number % len(COLOURS)]
        points = [(x(low), y(0))]
        ordered = sorted(series)
        for i, value in enumerate(ordered):
            points += [(x(value), points[-1][1]), (x(value), y((i + 1) / len(ordered)))]
        points.append((x(high), y(1)))
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        out += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
                f'<rect x="{LEFT + number * 205}" y="{HEIGHT - 14}" width="12" height="4" fill="{colour}"/>',
                f'<text x="{LEFT + 18 + number * 205}" y="{HEIGHT - 8}">{escape(name)} ({len(series)})</text>']
    return "\n".join([*out, "</svg>", ""])


def tick(span: float) -> float:
    """A round distance of which five to ten fit."""
    step = 1e-3
    while span / step > 10:
        step *= 2.5 if f"{step:e}".startswith("2") else 2
    return step
