"""Draws docs/cells.svg, how the cells of docs/cells.md are made: `python docs/cells.py`."""

from html import escape
from pathlib import Path
from textwrap import wrap

WIDTH, HEIGHT, COLUMNS = 360, 260, 3
STATE, INPUT, GATE = "#1f5fa8", "#555555", "#b3541e"
"""What goes from step to step, what a step reads, and what decides how much passes."""


class Panel:
    """One kind of cell: wires from left to right, a step after the one before."""

    def __init__(self, title: str, cells: str):
        self.title, self.cells, self.parts = title, cells, []

    def text(self, x: int, y: int, text: str, color: str = "#222222", anchor: str = "middle"):
        self.parts.append(
            f'<text x="{x}" y="{y + 4}" fill="{color}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def wire(self, color: str, *points: tuple[int, int], ends: bool = True):
        """A line through points, with an arrow where it ends."""
        path = " ".join(f"{x},{y}" for x, y in points)
        arrow = f' marker-end="url(#{color[1:]})"' if ends else ""
        self.parts.append(f'<polyline points="{path}" stroke="{color}"{arrow}/>')

    def dot(self, x: int, y: int, color: str = STATE):
        self.parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>')

    def op(self, x: int, y: int, sign: str):
        """A product or a sum, element by element."""
        self.parts.append(f'<circle class="node" cx="{x}" cy="{y}" r="10"/>')
        self.text(x, y, sign)

    def box(self, x: int, y: int, label: str, width: int = 44, color: str = "#222222"):
        """Weights, and an activation."""
        place = f'x="{x - width // 2}" y="{y - 12}" width="{width}" height="24"'
        self.parts.append(f'<rect class="node" {place} rx="4"/>')
        self.text(x, y, label, color)


def network() -> Panel:
    panel = Panel("One network", "simple_rnn, indrnn, echo_state")
    panel.wire(STATE, (36, 80), (148, 80))
    panel.text(92, 68, "h U", STATE)
    panel.wire(INPUT, (36, 150), (170, 150), (170, 94))
    panel.text(100, 138, "x W", INPUT)
    panel.text(28, 150, "x", INPUT, "end")
    panel.box(170, 80, "tanh")
    panel.wire(STATE, (192, 80), (318, 80))
    ends(panel, "h", 80)
    panel.text(180, 186, "indrnn: U is a number a unit; echo_state: none is trained", INPUT)
    return panel


def gated() -> Panel:
    panel = Panel(
        "A gate between old and new",
        "gru, tf1_gru, layer_norm_gru, indy_gru, ugrnn, minimal_rnn, intersection_rnn, "
        "chaos_free, cfc",
    )
    panel.wire(STATE, (36, 70), (178, 70))
    panel.op(190, 70, "×")
    panel.wire(STATE, (200, 70), (258, 70))
    panel.op(270, 70, "+")
    panel.wire(STATE, (280, 70), (318, 70))
    panel.dot(60, 70)
    panel.dot(60, 106)
    panel.wire(STATE, (60, 70), (60, 106), (86, 106))
    panel.wire(STATE, (60, 106), (60, 152), (176, 152))
    panel.dot(74, 164, INPUT)
    panel.wire(INPUT, (36, 164), (176, 164))
    panel.wire(INPUT, (74, 164), (74, 118), (86, 118))
    panel.box(110, 112, "σ", color=GATE)
    panel.wire(GATE, (132, 107), (190, 107), (190, 82))
    panel.text(200, 95, "z", GATE)
    panel.wire(GATE, (132, 117), (258, 117))
    panel.text(210, 127, "1 − z", GATE)
    panel.op(270, 117, "×")
    panel.wire(STATE, (270, 107), (270, 82))
    panel.box(200, 158, "tanh")
    panel.wire(STATE, (222, 158), (270, 158), (270, 129))
    panel.text(28, 164, "x", INPUT, "end")
    panel.text(180, 190, "gru has a second gate, r, between h and the tanh", INPUT)
    ends(panel, "h", 70)
    return panel


def memory() -> Panel:
    panel = Panel(
        "A memory beside what is said",
        "lstm, peephole_lstm, coupled_lstm, layer_norm_lstm, weight_norm_lstm, grouped_lstm, "
        "indy_lstm, slstm, nas",
    )
    panel.wire(STATE, (36, 62), (108, 62))
    panel.op(120, 62, "×")
    panel.wire(STATE, (130, 62), (178, 62))
    panel.op(190, 62, "+")
    panel.wire(STATE, (200, 62), (318, 62))
    panel.dot(262, 62)
    panel.wire(STATE, (262, 62), (262, 84))
    panel.box(262, 97, "tanh")
    panel.wire(STATE, (262, 109), (262, 128))
    panel.op(262, 140, "×")
    panel.wire(STATE, (272, 140), (318, 140))
    panel.wire(STATE, (36, 140), (60, 140))
    panel.wire(INPUT, (36, 172), (72, 172), (72, 154))
    panel.box(82, 140, "x, h")
    panel.wire(GATE, (104, 134), (120, 134), (120, 74))
    panel.text(110, 98, "f", GATE)
    panel.wire(GATE, (104, 140), (190, 140), (190, 74))
    panel.text(155, 131, "i · tanh", GATE)
    panel.wire(GATE, (104, 146), (130, 146), (130, 172), (262, 172), (262, 152))
    panel.text(200, 163, "o", GATE)
    panel.text(28, 172, "x", INPUT, "end")
    panel.text(180, 190, "what is kept in c is not lost in products by U", INPUT)
    ends(panel, "c", 62)
    ends(panel, "h", 140)
    return panel


def input_gates() -> Panel:
    panel = Panel("Gates that see the input alone", "sru; of mixers min_gru, min_lstm, qrnn")
    panel.wire(STATE, (36, 70), (138, 70))
    panel.op(150, 70, "×")
    panel.wire(STATE, (160, 70), (228, 70))
    panel.op(240, 70, "+")
    panel.wire(STATE, (250, 70), (318, 70))
    panel.wire(INPUT, (36, 150), (78, 150))
    panel.text(28, 150, "x", INPUT, "end")
    panel.box(100, 150, "σ", color=GATE)
    panel.wire(GATE, (122, 144), (150, 144), (150, 82))
    panel.text(162, 112, "f", GATE)
    panel.wire(GATE, (122, 156), (240, 156), (240, 82))
    panel.text(205, 146, "(1 − f) · x W", GATE)
    ends(panel, "c", 70)
    panel.text(180, 186, "no gate waits for h: those of all steps are one product", INPUT)
    return panel


def time_gate() -> Panel:
    panel = Panel("A gate of time", "phased_lstm")
    for row, (label, period) in enumerate((("unit 1", 84), ("unit 2", 132))):
        base = 96 + 62 * row
        panel.wire(INPUT, (70, base), (322, base))
        panel.text(38, base - 10, label, STATE)
        for start in range(78, 300, period):
            end, top = start + period // 3, start + period // 6
            panel.wire(GATE, (start, base), (top, base - 34), (end, base), ends=False)
    panel.text(330, 110, "t", INPUT)
    panel.text(180, 186, "an LSTM's c and h move while k is open, and stay otherwise", INPUT)
    return panel


def oscillators() -> Panel:
    panel = Panel("Oscillators", "cornn, unicornn")
    panel.wire(STATE, (36, 70), (318, 70))
    panel.wire(STATE, (36, 140), (318, 140))
    panel.box(130, 105, "tanh")
    panel.wire(INPUT, (36, 105), (106, 105))
    panel.text(28, 105, "x", INPUT, "end")
    panel.dot(76, 70)
    panel.wire(STATE, (76, 70), (76, 97), (106, 97))
    panel.wire(STATE, (152, 105), (190, 105), (190, 128))
    panel.op(190, 140, "+")
    panel.wire(STATE, (250, 140), (250, 82))
    panel.dot(250, 140)
    panel.op(250, 70, "+")
    panel.text(224, 118, "force", STATE)
    panel.text(274, 108, "Δt z'", STATE)
    panel.text(28, 70, "y", STATE, "end")
    panel.text(28, 140, "z", STATE, "end")
    panel.text(326, 70, "y'", STATE, "start")
    panel.text(326, 140, "z'", STATE, "start")
    panel.text(
        180, 186, "y the place, z the speed; a force back to 0, in cornn friction too", INPUT
    )
    return panel


def grid() -> Panel:
    panel = Panel(
        "A grid of LSTMs", "time_frequency_lstm, grid_lstm, bidirectional_grid_lstm, grid_lstm_nd"
    )
    for row in range(3):
        y = 68 + 44 * row
        for column in range(4):
            x = 92 + 64 * column
            panel.box(x, y, "LSTM")
            panel.wire(STATE, (x + 22, y), (x + 40, y))
            if row < 2:
                panel.wire(GATE, (x, y + 12), (x, y + 30))
        panel.wire(STATE, (50, y), (68, y))
        panel.text(40, y, f"x{'₁₂₃'[row]}", INPUT, "end")
    panel.text(180, 186, "along time, and within a step from window to window of x", INPUT)
    return panel


def outputs() -> Panel:
    panel = Panel("A look at past outputs", "attention, around any cell")
    for column in range(4):
        x = 66 + 44 * column
        panel.box(x, 66, f"y₋{'₄₃₂₁'[column]}", 34)
        panel.wire(GATE, (x, 78), (x, 96), (134, 96), (134, 108))
    panel.box(134, 121, "softmax", 74, GATE)
    panel.wire(STATE, (171, 121), (206, 121))
    panel.text(188, 110, "a", STATE)
    panel.box(234, 121, "cell", 52)
    panel.wire(INPUT, (36, 158), (226, 158), (226, 135))
    panel.wire(STATE, (260, 121), (318, 121))
    panel.text(28, 158, "x", INPUT, "end")
    panel.text(326, 121, "y", STATE, "start")
    panel.wire(STATE, (290, 121), (290, 66), (224, 66))
    panel.dot(290, 121)
    panel.text(180, 186, "the last outputs are kept, and weighed by the state", INPUT)
    return panel


def slots() -> Panel:
    panel = Panel("A memory of slots", "ntm")
    for row in range(5):
        panel.parts.append(
            f'<rect class="node" x="226" y="{52 + 16 * row}" width="86" height="16"/>'
        )
    panel.text(269, 148, "slots × width", STATE)
    panel.box(110, 120, "LSTM", 60)
    panel.wire(INPUT, (36, 156), (100, 156), (100, 134))
    panel.text(28, 156, "x", INPUT, "end")
    panel.wire(STATE, (140, 112), (180, 112), (180, 100), (224, 100))
    panel.text(200, 114, "write", GATE)
    panel.wire(STATE, (226, 76), (120, 76), (120, 106))
    panel.text(172, 66, "read", GATE)
    panel.wire(STATE, (140, 130), (190, 130), (190, 166), (318, 166))
    panel.text(326, 166, "y", STATE, "start")
    panel.text(180, 190, "heads address slots by what is in them, or next to the last", INPUT)
    return panel


def ends(panel: Panel, state: str, y: int) -> None:
    panel.text(28, y, state, STATE, "end")
    panel.text(326, y, f"{state}'", STATE, "start")


PANELS = [network, gated, memory, input_gates, time_gate, oscillators, grid, outputs, slots]


def picture() -> str:
    """The SVG, with the panels side by side."""
    panels = [make() for make in PANELS]
    rows = -(-len(panels) // COLUMNS)
    arrows = "".join(
        f'<marker id="{color[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0,0 8,4 0,8z" fill="{color}"/></marker>'
        for color in (STATE, INPUT, GATE)
    )
    drawn = []
    for place, panel in enumerate(panels):
        x, y = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT
        head = f'<text x="14" y="24" font-size="14" font-weight="bold">{escape(panel.title)}</text>'
        for line, cells in enumerate(wrap(panel.cells, 56)):
            head += f'<text x="14" y="{42 + 15 * line}" fill="{STATE}">{escape(cells)}</text>'
        body = f'<g transform="translate(0,32)">{"".join(panel.parts)}</g>'
        drawn.append(f'<g transform="translate({x},{y})">{head}{body}</g>')
    size = f'width="{COLUMNS * WIDTH}" height="{rows * HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="12">',
            "<style>text{font-family:sans-serif}polyline{fill:none;stroke-width:1.5}.node{fill:#fff;stroke:#222}</style>",
            f'<defs>{arrows}</defs><rect {size} fill="#ffffff"/>',
            *drawn,
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(picture(), encoding="utf-8")
