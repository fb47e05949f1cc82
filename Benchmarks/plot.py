"""A picture of how times grow: panels side by side, both axes logarithmic, as SVG."""

import math
from html import escape

WIDTH, HEIGHT, LEFT, TOP = 300, 220, 46, 24
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")


def svg(panels):
    """`panels`: (what grows, its values, {name: times in milliseconds})."""
    rows = max(len(series) for _, _, series in panels)
    width = len(panels) * (WIDTH + LEFT + 24)
    height = TOP + HEIGHT + 44 + rows * 16
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n'
    )
    for position, panel in enumerate(panels):
        text += f'<g transform="translate({position * (WIDTH + LEFT + 24) + LEFT},{TOP})">\n{draw(*panel)}</g>\n'
    return text + "</svg>\n"


def draw(title, values, series):
    times = [time for line in series.values() for time in line]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    first, last = math.log10(values[0]), math.log10(values[-1])

    def place(value, time):
        x = (math.log10(value) - first) / (last - first) * WIDTH
        return x, HEIGHT - (math.log10(time) - low) / (high - low) * HEIGHT

    text = f'<text x="0" y="-8">ms, by {escape(title)}</text>\n'
    for power in range(low, high + 1):
        _, y = place(values[0], 10**power)
        text += f'<path d="M0 {y:.1f}H{WIDTH}" stroke="#ddd"/><text x="-6" y="{y + 4:.1f}" text-anchor="end">{10**power:g}</text>\n'
    for value in values:
        x, _ = place(value, times[0])
        text += f'<text x="{x:.1f}" y="{HEIGHT + 16}" text-anchor="middle">{value:,}</text>\n'
    for row, ((name, line), colour) in enumerate(zip(series.items(), COLOURS)):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*pair) for pair in zip(values, line)))
        text += f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>\n'
        y = HEIGHT + 36 + row * 16
        text += f'<path d="M0 {y - 4}h18" stroke="{colour}" stroke-width="2"/><text x="24" y="{y}">{escape(name)}</text>\n'
    return text
