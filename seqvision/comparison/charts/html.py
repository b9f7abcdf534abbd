"""A chart as a page of its own, and the JavaScript that draws charts in our pages."""

from functools import cache
from typing import Any

from seqvision.formatting import count, duration, percent

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{{ title }}</title>
</head>
<body>
<div id="chart"></div>
<script>{{ vega|safe }}</script>
<script type="application/json" id="spec">{{ spec|tojson }}</script>
<script>
const spec = JSON.parse(document.getElementById("spec").textContent);
vegaEmbed("#chart", spec, {mode: "vega-lite", renderer: "svg", actions: false});
</script>
</body>
</html>
"""


def chart_page(chart: Any) -> str:
    """An HTML page that holds one altair chart and needs no network."""
    spec = chart.to_dict()
    title = spec.get("title", {}).get("text", "seqvision")
    return template(_PAGE).render(title=title, spec=spec, vega=vega())


def template(text: str) -> Any:
    """A jinja2 template that escapes its values, also within JSON."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"count": count, "duration": duration, "percent": percent}
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment.from_string(text)


@cache
def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, which defines `vegaEmbed`."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
