"""The measurements of the close as a picture: a bar for the time, a bar for the floor, scenario by scenario."""

from typing import Any

WIDTH, ROW, LEFT = 760, 46, 150


def chart(*, report: dict[str, Any]) -> str:
    """Return an SVG of the report's scenarios."""
    results = {name: result for name, result in report.items() if name != "about"}
    longest = max((max(each["seconds"], each["floor_seconds"]) for each in results.values()), default=1.0) or 1.0
    scale = (WIDTH - LEFT - 110) / longest
    about = report["about"]
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {ROW * len(results) + 60}" '
            'font-family="sans-serif" font-size="13">'
        ),
        (
            f'<text x="8" y="20">Close, seconds (dark) over floor (light). {about["processors"]} processors, '
            f"{about['executor']}, commit {about['commit']}</text>"
        ),
    ]
    for place, (name, each) in enumerate(results.items()):
        top = 36 + place * ROW
        ratio = f" · {each['ratio']:.2f} × floor" if each["ratio"] else ""
        lines += [
            f'<text x="8" y="{top + 20}">{name}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{max(each["seconds"] * scale, 1):.1f}" height="16" fill="#1f4e79"/>',
            (
                f'<rect x="{LEFT}" y="{top + 18}" width="{max(each["floor_seconds"] * scale, 1):.1f}" height="10" '
                'fill="#9dc3e6"/>'
            ),
            f'<text x="{LEFT + each["seconds"] * scale + 6:.1f}" y="{top + 13}">{each["seconds"]:.2f} s{ratio}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
