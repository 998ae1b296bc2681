"""Charts show what may be shown, can be read on a phone and without colour, and are the same bytes every "
"time."""

import functools
import itertools
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
import typst
from matplotlib.figure import Figure

from reportlib import charts
from reportlib.charts import comparison, drawing
from reportlib.charts.series import _aside
from reportlib.charts.svg import drawn
from reportlib.ethnicity import TWO
from reportlib.look import lacking
from reportlib.statistics import VERDICTS
from reportlib.words import MARKS, WORDS

SVG = "{http://www.w3.org/2000/svg}"
FIVE = [("A", "Asian"), ("B", "Black"), ("M", "Mixed"), ("O", "Other")]
LONG = ["Any other Mixed background", "Gypsy or Irish Traveller", "Mixed White and Black Caribbean", "Roma", "Arab"]
TYPES = ["Category B or local", "Category C", "High security", "Immigration removal centre", "Open"]
TYPES += ["Women's prison", "Young offender institution", "Other or escort"]
RATIO = {"ratio": 0.77, "ratio_lower": 0.7, "ratio_upper": 0.83, "verdict": "disproportionate", "mark": ""}
HIDDEN = {"ratio": None, "ratio_lower": None, "ratio_upper": None, "verdict": "not assessed", "mark": "c"}
FUNNEL = {"lower_95": 0.2, "upper_95": 0.4, "lower_998": 0.15, "upper_998": 0.45, "mark": ""}


def compared(*changes, groups=FIVE):
    """A comparison frame: the group at each place with RATIO changed."""
    rows = [{"group": g, "label": name, **RATIO, **change} for (g, name), change in zip(groups, changes, strict=False)]
    return pd.DataFrame([*rows, dict.fromkeys(RATIO) | {"group": "W", "label": "White", "mark": ""}])


def many():
    """A comparison of seven groups: one adjusted and disproportionate, one hidden, one not available."""
    groups = [("A1", "Indian"), ("B1", "Black Caribbean"), *((name, name) for name in LONG)]
    plain, adjusted = {"verdict": "inconclusive"}, {"adjusted_ratio": 0.9, "adjusted_lower": 0.8, "adjusted_upper": 1.1}
    return compared(plain, adjusted, plain, plain, plain, HIDDEN | {"mark": "x"}, HIDDEN, groups=groups)


def by_type(*changes):
    frame = compared(*changes)
    return pd.concat([frame.assign(stratum=name) for name in TYPES], ignore_index=True)


def yearly(groups=FIVE, hidden=()):
    """20% rising by a point a year, 3 points either way; `hidden` are (group, year) pairs."""
    rows = [
        {"year": f"{2020 + i}-{21 + i}", "group": g, "label": name, "value": 0.2 + i / 100, "mark": ""}
        for g, name in groups
        for i in range(5)
    ]
    frame = pd.DataFrame(rows)
    frame["lower"], frame["upper"] = frame["value"] - 0.03, frame["value"] + 0.03
    gone = [pair in hidden for pair in zip(frame["group"], frame["year"], strict=True)]
    frame.loc[gone, ["value", "lower", "upper"]] = np.nan
    frame.loc[gone, "mark"] = "c"
    return frame


def values(*changes):
    rows = [
        {"label": name, "value": 42.1, "lower": 40.0, "upper": 45.0, "mark": "", **change}
        for name, change in zip(TYPES, changes, strict=False)
    ]
    return pd.DataFrame(rows)


NOTHING = {"value": None, "lower": None, "upper": None, "mark": "c"}
SHARES = pd.DataFrame(
    {
        "label": ["Asian", "Black", "Other"],
        "share_a": [0.07, 0.18, None],
        "share_b": [0.08, 0.13, None],
        "mark": ["", "", "c"],
    }
)
PLACES = pd.DataFrame(
    [
        {"label": "Leeds", "denominator": 200, "value": 0.3, **FUNNEL},
        {"label": "Wormwood Scrubs", "denominator": 400, "value": 0.61, **FUNNEL},
        {"label": "Ford", "denominator": None, "value": None, **dict.fromkeys(FUNNEL), "mark": "c"},
    ]
)
RATE = "complaints per 1,000 prisoners a year"
ENDS_OF_YEARS = ("21", "22", "23", "24", "25")  # on a line of their own
EVERY = {
    "forest": lambda: charts.forest(compared({}, {}, HIDDEN), "Uphold rate", "White"),
    "forest adjusted": lambda: charts.forest(
        compared({}, {}).assign(adjusted_ratio=0.9, adjusted_lower=0.8, adjusted_upper=1.1), "Uphold rate", "White"
    ),
    "forest long": lambda: charts.forest(
        compared(*[{"verdict": verdict} for verdict in VERDICTS[1:5]], HIDDEN, groups=[(name, name) for name in LONG]),
        "Uphold rate",
        "White British",
    ),
    "forest of many": lambda: charts.forest(many(), "Uphold rate", "White British"),
    "card": lambda: charts.card(
        compared({"adjusted_ratio": 0.9, "adjusted_lower": 0.8, "adjusted_upper": 1.1}, {}, HIDDEN),
        "Uphold rate",
        "White",
    ),
    "card of long names": lambda: charts.card(
        compared({}, {}, groups=[("EM", TWO["EM"]), ("M1", LONG[2])]), "Uphold rate", "White British"
    ),
    "forest of the opposite": lambda: charts.forest(
        compared({}, {}), "Uphold rate", "White British", outcome=WORDS["upheld-with-mediated"].complement
    ),
    "small multiples of the opposite": lambda: charts.small_multiples(
        by_type({}, {}), "Uphold rate", "White British", outcome=WORDS["upheld-with-mediated"].complement
    ),
    "small multiples": lambda: charts.small_multiples(by_type({}, {}, HIDDEN), "By type", "White"),
    "heat map": lambda: charts.verdict_heatmap(by_type({}, {"verdict": "parity"}, HIDDEN), "By type", "White"),
    "dumbbell": lambda: charts.dumbbell(SHARES, "Shares", "people who complained", "the prison population"),
    "trend": lambda: charts.trend(yearly(hidden=[("B", "2022-23")]), "Uphold rate", "%"),
    "trend of a rate": lambda: charts.trend(yearly(), "Complaints", RATE),
    "trend in panels": lambda: charts.trend(yearly([(name, name) for name in TYPES]), "Complaints", RATE),
    "bars": lambda: charts.bars(values({}, {"value": 0.0, "lower": 0.0}, {}, NOTHING), "Complaints", RATE),
    "funnel": lambda: charts.funnel(PLACES, "Uphold rate", "%", 0.3, "complaints decided"),
}
each = pytest.mark.parametrize("name", EVERY)


@functools.cache
def picture(name):
    return EVERY[name]()


def tree(chart):
    return ElementTree.fromstring(chart.svg)


def texts(chart):
    return [element.text for element in tree(chart).iter(f"{SVG}text")]


def shapes(chart):
    """What each shape says of itself, or its group of it."""
    root = tree(chart)
    groups = {child: parent.attrib for parent in root.iter(f"{SVG}g") for child in parent}
    found = [element for element in root.iter() if element.tag in (f"{SVG}path", f"{SVG}use")]
    return [groups.get(element, {}) | element.attrib for element in found]


def test_a_picture_says_in_few_bytes_what_it_says():
    """Straight steps name one coordinate; neighbours' common attributes stand on a group; a line has no fill."""
    figure = Figure(figsize=(1, 1))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 72), ylim=(72, 0))
    ax.axis("off")
    for x, y in (([10, 20], [5, 5]), ([30, 30], [5, 15.26]), ([10, 20], [5, 15])):
        ax.plot(x, y, color="#123456", linewidth=2, clip_on=False)
    ax.fill([40, 50, 50], [5, 5, 15], facecolor="#abcdef", clip_on=False)
    root = ElementTree.fromstring(drawn(figure, "A picture"))
    assert {"d": "M40 5H50V15z", "fill": "#abcdef"} in [element.attrib for element in root]
    (group,) = root.iter(f"{SVG}g")
    assert group.attrib == {"stroke": "#123456", "stroke-width": "2", "stroke-linecap": "square"}
    assert [line.attrib for line in group] == [{"d": "M10 5H20"}, {"d": "M30 5V15.3"}, {"d": "M10 5L20 15"}]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


# Every chart


@each
def test_the_same_frame_gives_the_same_bytes(name):
    assert EVERY[name]() == picture(name)


@each
def test_text_is_text_and_legible_on_a_phone(name):
    root = tree(picture(name))
    scale = 320 / float(root.attrib["viewBox"].split()[2])
    sizes = [float(root.attrib["font-size"])]
    sizes += [float(element.attrib["font-size"]) for element in root.iter() if "font-size" in element.attrib]
    assert texts(picture(name))
    assert min(sizes) * scale >= 11


@each
def test_no_text_runs_off_the_picture(name):
    root = tree(picture(name))
    height = float(root.attrib["viewBox"].split()[3])
    for element in root.iter(f"{SVG}text"):
        moved = re.match(r"translate\((\S+) ([^)]+)\)", element.get("transform", ""))
        x, y = (float(element.get(key) or (moved and moved[i])) for i, key in enumerate("xy", 1))
        assert drawing.TEXT * 0.7 <= y <= height - 3, element.text
        width = drawing.text_width(element.text or "", bold=element.get("font-weight") == "700")
        left = x - width * {"middle": 0.5, "end": 1}.get(element.get("text-anchor"), 0)
        assert left >= -1 and left + width <= drawing.WIDTH + 1, element.text


@each
def test_it_obeys_a_strict_content_security_policy(name):
    chart = picture(name)
    tags = {element.tag.removeprefix(SVG) for element in tree(chart).iter()}
    assert tags <= {"svg", "g", "path", "use", "text", "tspan", "defs", "clipPath", "rect"}
    assert not re.search(r"style=|http(?!://www\.w3\.org/2000/svg)|on\w+=|<!", chart.svg)


@each
def test_ids_are_used_and_belong_to_the_chart(name):
    svg = picture(name).svg
    ids = re.findall(r'id="([^"]+)"', svg)
    assert set(ids) == set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg))
    assert len(ids) == len(set(ids))
    assert len({name.split("-")[0] for name in ids}) <= 1


def test_charts_of_different_names_share_no_id():
    ids = [set(re.findall(r'id="([^"]+)"', charts.trend(yearly(), title, "%").svg)) for title in ("One", "Other")]
    assert ids[0] and not ids[0] & ids[1]


@each
def test_numbers_keep_two_decimals(name):
    assert not re.search(r"\d\.\d{3}", re.sub(r">[^<]*<", "><", picture(name).svg))


@each
def test_no_text_is_a_missing_value(name):
    assert not {"nan", "None", "<NA>", "[]", "[nan]"} & set(texts(picture(name)))


@each
def test_the_alternative_text_says_more_than_the_title(name):
    alt = picture(name).alt
    assert len(alt) > 60 and alt.endswith(".")
    for wrong in (" nan", "(nan", "None", " inf", "<NA>", ".."):
        assert wrong not in alt


def test_typst_finds_the_font_and_keeps_the_text(tmp_path):
    for i, name in enumerate(EVERY):
        (tmp_path / f"{i}.svg").write_text(picture(name).svg)
    images = "\n".join(f'#image("{i}.svg", width: 10cm, alt: "chart")' for i in range(len(EVERY)))
    (tmp_path / "all.typ").write_text(images)
    fonts = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")
    pdf, warnings = typst.compile_with_warnings(str(tmp_path / "all.typ"), font_paths=[fonts], ignore_system_fonts=True)
    assert not warnings
    assert b"DejaVuSans" in pdf


# Nothing hidden is drawn


def test_a_suppressed_row_has_its_mark_and_no_geometry():
    without = charts.forest(compared({}, {}), "Uphold rate", "White")
    hidden = charts.forest(compared({}, {}, HIDDEN), "Uphold rate", "White")
    assert len(shapes(hidden)) == len(shapes(without))
    assert {"Mixed", "not assessed [c]"} <= set(texts(hidden))
    assert hidden.alt.endswith("Not shown, suppressed to protect individuals [c]: Mixed.")


@pytest.mark.parametrize("mark", ["c", "x"])
def test_a_figure_behind_a_mark_is_refused(mark):
    with pytest.raises(ValueError, match="hold figures in ratio"):
        charts.forest(compared({"mark": mark}), "Uphold rate", "White")
    with pytest.raises(ValueError, match="hold figures in value"):
        charts.bars(values({"mark": mark}), "Complaints", RATE)
    with pytest.raises(ValueError, match="hold figures in share_a"):
        charts.dumbbell(SHARES.assign(mark=mark), "Shares", "a", "b")


def test_a_suppressed_year_is_a_gap():
    alt = charts.trend(yearly(hidden=[("B", "2022-23")]), "Uphold rate", "%").alt
    assert "Black 20.0% in 2020-21 to 24.0% in 2024-25" in alt
    assert alt.endswith("Not shown, suppressed to protect individuals [c]: Black (2022-23).")
    whole, broken = (charts.trend(yearly([("B", "Black")], hidden), "One", "%") for hidden in ([], [("B", "2022-23")]))

    def strokes(chart):
        lines = [shape for shape in shapes(chart) if shape.get("stroke") == "#1f8a81" and shape.get("fill") == "none"]
        return max(shape["d"].count("M") for shape in lines if "d" in shape)

    assert (strokes(whole), strokes(broken)) == (1, 2)


def test_lines_with_long_names_have_panels_so_that_their_years_can_be_read():
    """Every year stands in two lines below lines that are drawn together; the first and the last below each panel."""
    together, apart = (
        texts(charts.trend(yearly([("a", name), ("b", "Closed")]), "Deaths", RATE))
        for name in ("Open", "Young offender institution")
    )
    years = ["2020-", "21", "2021-", "22", "2022-", "23", "2023-", "24", "2024-", "25"]
    assert [text for text in together if text in years] == years
    assert [apart.count(year) for year in ("2020-21", "2022-23", "2024-25")] == [2, 0, 2]


def test_of_years_too_many_to_name_the_last_is_named():
    whole = yearly([("A", "Asian")])
    years = [f"20{10 + i}-{11 + i}" for i in range(15)]
    frame = pd.concat([whole.assign(year=years[i : i + 5]) for i in (0, 5, 10)])
    shown = [text for text in texts(charts.trend(frame, "Deaths", RATE)) if text.endswith("-")]
    assert shown[-1] == "2024-" and "2023-" not in shown


def test_a_long_name_beside_cells_is_cut_and_makes_no_row_taller_than_three_lines():
    long = "Property, cell clearance and the loss of it on transfer between establishments " * 2
    frame = compared({}, {"group": "B", "label": "Black"}).assign(stratum="Food")
    tall, low = (charts.verdict_heatmap(frame.assign(stratum=name), "By category", "White") for name in (long, "Food"))
    heights = [float(chart.svg.partition('viewBox="')[2].partition('"')[0].split()[3]) for chart in (tall, low)]
    assert heights[0] - heights[1] < 60
    assert any(text.endswith("…") for text in texts(tall))
    assert long.strip() in tall.alt


def test_rates_are_told_to_the_decimals_that_are_published():
    frame = values({"value": 5.95, "lower": 5.04, "upper": 6.85})  # to one decimal the second time, 5.95 would be 6.0
    assert "5.95 (5.04 to 6.85)" in charts.bars(frame, "Deaths", RATE, 2).alt
    assert "5.95 (5.04 to 6.85)" in texts(charts.bars(frame, "Deaths", RATE, 2))
    lines = yearly([("B", "Black")]).assign(value=[5.95, 5.9, 5.8, 5.7, 4.04])
    assert "Black 5.95 in 2020-21 to 4.04 in 2024-25." in charts.trend(lines, "Deaths", RATE, 2).alt


def test_the_alternative_text_of_lines_tells_what_lies_beyond_their_ends():
    lines = yearly([("B", "Black")]).assign(value=[4.0, 3.5, 8.67, 5.0, 4.5])
    told = "Black 4.00 in 2020-21 to 4.50 in 2024-25, highest 8.67 in 2022-23, lowest 3.50 in 2021-22."
    assert told in charts.trend(lines, "Deaths", RATE, 2).alt


def test_bars_with_nothing_to_show():
    chart = charts.bars(values(NOTHING), "Complaints", RATE)
    assert "suppressed to protect individuals [c]" in texts(chart)
    assert "no figure is shown" in chart.alt


def test_nothing_to_compare():
    frame = by_type()
    for chart in (charts.forest, charts.small_multiples):
        assert "no figure is shown" in chart(frame, "Nothing", "White").alt


def test_every_mark_is_told_apart():
    frame = compared(*({**HIDDEN, "mark": mark} for mark in MARKS))
    alt = charts.forest(frame, "Uphold rate", "White").alt
    assert all(f"{words} [{mark}]" in alt for mark, words in MARKS.items())


# Reading a chart


def test_a_forest_says_each_verdict():
    shown = texts(charts.forest(compared({}, {"verdict": "parity"}), "Uphold rate", "White"))
    assert {"Asian", "disproportionate", "Black", "parity"} <= set(shown)
    assert "White" not in shown and "Relative rate compared with White (log\u00a0scale)" in shown


def test_the_alternative_text_of_a_forest():
    assert charts.forest(compared({}), "Uphold rate by ethnicity", "White").alt == (
        "Forest plot: Uphold rate by ethnicity. Relative rate compared with White, 95% confidence "
        "interval; the band "
        "is 0.8 to 1.25. Asian 0.77 (0.70 to 0.83), disproportionate."
    )


def test_the_alternative_text_tells_what_is_adjusted():
    frame = compared({}).assign(adjusted_ratio=0.9, adjusted_lower=0.8, adjusted_upper=1.1)
    for chart in (charts.forest, charts.card):
        assert chart(frame, "Uphold rate", "White").alt.endswith(
            "Asian 0.77 (0.70 to 0.83), disproportionate, and 0.90 (0.80 to 1.10) once adjusted."
        )


def test_a_relative_rate_of_the_opposite_outcome_is_named():
    chart = charts.forest(compared({}), "Supervision completed", "White", outcome="not completing supervision")
    assert "Relative rate of not completing supervision" in texts(chart)
    assert "Relative rate of not completing supervision compared with White, 95%" in chart.alt


def test_a_ratio_without_interval():
    alone = {"ratio_lower": None, "ratio_upper": None, "verdict": "not assessed"}
    assert "Asian 0.77, not assessed." in charts.forest(compared(alone), "Complaints", "White").alt


def test_what_is_hidden_is_told_by_stratum():
    frame = by_type({}, HIDDEN, HIDDEN)[lambda rows: rows["stratum"].isin(TYPES[4:6])]
    alt = charts.small_multiples(frame, "By type", "White").alt
    assert alt.endswith("individuals [c]: Open (Black and Mixed); Women's prison (Black and Mixed).")


def test_ticks_are_never_rounded():
    frame = yearly([("A", "Asian")]).assign(value=7.3, lower=2.1, upper=9.9)
    shown = [text for text in texts(charts.trend(frame, "Deaths", "deaths a year")) if text not in ENDS_OF_YEARS]
    ticks = [text for text in shown if re.fullmatch(r"[\d.]+", text)]
    steps = {round(float(b) - float(a), 6) for a, b in itertools.pairwise(ticks)}
    assert len(ticks) > 2 and len(steps) == 1


def test_a_long_alternative_text_tells_what_stands_out():
    frame = by_type({}, {"verdict": "parity"}, {"verdict": "inconclusive"})
    alt = charts.small_multiples(frame, "By type", "White").alt
    assert "High security, Asian 0.77 (0.70 to 0.83), disproportionate" in alt
    assert "8 with verdict inconclusive; 8 with verdict parity." in alt


def test_ends_without_limit_are_arrows():
    plain = charts.forest(compared({}), "Uphold rate", "White")
    endless = {"ratio": math.inf, "ratio_lower": 1.3, "ratio_upper": math.inf}
    arrow = charts.forest(compared(endless), "Uphold rate", "White")
    assert "0.77" in plain.alt and "no limit (1.30 or more)" in arrow.alt
    nought = charts.forest(compared({"ratio": 0.0, "ratio_lower": 0.0, "ratio_upper": 1.8}), "Uphold rate", "White")
    assert "0.00 (0.00 to 1.80)" in nought.alt


def test_axes_reach_only_what_is_shown():
    wide = charts.forest(compared({}, {"ratio_upper": 3.0}), "Uphold rate", "White")
    narrow = charts.forest(compared({}, HIDDEN), "Uphold rate", "White")
    assert "2" in texts(wide) and "2" not in texts(narrow)


def test_one_colour_and_marker_for_a_group_in_every_chart():
    alone = charts.trend(yearly([("B", "Black")]), "One", "%").svg
    among = charts.forest(compared({}, {}), "Uphold rate", "White").svg
    assert "#1f8a81" in alone and "#1f8a81" in among
    assert "#12436d" not in alone  # the colour of another group


def test_many_groups_stand_beside_their_rows_and_those_that_are_disproportionate_in_bold():
    chart = charts.forest(many(), "Uphold rate", "White British")
    bold = [element.text for element in tree(chart).iter(f"{SVG}text") if element.get("font-weight")]
    assert bold == ["Black Caribbean"]
    shown = texts(chart)
    assert not {"inconclusive", "disproportionate"} & set(shown)  # in the table and the alternative text
    assert {"Mixed White and", "Black Caribbean", "[c]", "[x]"} <= set(shown)
    under = " ".join(filter(None, shown))
    assert "In bold: disproportionate; [c] suppressed; [x] not available" in " ".join(under.split())
    assert "No adjusted figure is shown: Indian, Any other" in under
    assert "Black Caribbean 0.77 (0.70 to 0.83), disproportionate" in chart.alt


def test_nineteen_groups_have_one_colour():
    frame = compared(
        {}, {}, {}, groups=[("A1", "Indian"), ("B1", "Black Caribbean"), ("M1", "Mixed White and Black Caribbean")]
    )
    svg = charts.forest(frame, "Uphold rate", "White British").svg
    assert "#12436d" in svg
    assert not any(colour.lower() in svg for colour, _ in list(drawing.GROUPS.values())[1:])


def test_parts_and_lines_of_which_nothing_can_be_shown_are_named_under_the_chart():
    parts = by_type({}, HIDDEN)
    gone = parts["stratum"].isin(["Open", "High security"])
    parts.loc[gone & parts["label"].ne("White"), list(HIDDEN)] = list(HIDDEN.values())
    shown = texts(charts.small_multiples(parts, "By type", "White"))
    assert "Open" not in shown
    assert "Category C" in shown
    assert "No comparison can be shown: High security and Open." in " ".join(filter(None, shown))
    years = [f"{2020 + i}-{21 + i}" for i in range(5)]
    shown = texts(charts.trend(yearly(hidden=[("M", year) for year in years]), "Deaths", RATE))
    assert "Not shown, suppressed to protect individuals [c]: Mixed (every year)." in " ".join(shown)
    assert "Mixed" not in shown
    assert not any("Not shown" in text for text in texts(charts.trend(yearly(), "Deaths", RATE)))


def test_years_that_are_not_shown_are_named_under_the_chart_as_in_its_alternative_text():
    chart = charts.trend(yearly(hidden=[("B", "2022-23"), ("O", "2020-21")]), "Uphold rate", "%")
    said = "Not shown, suppressed to protect individuals [c]: Black (2022-23); Other (2020-21)."
    assert said in " ".join(texts(chart))
    assert said in chart.alt


def strokes(chart, colour):
    """The lines of a colour, each as the x and y of its points."""
    own = [shape for shape in shapes(chart) if shape.get("stroke") == colour and "d" in shape]
    return [points(shape["d"]) for shape in own if shape.get("fill", "none") == "none"]


def points(path):
    """The points of a path of straight steps, of which one along an axis names that axis alone."""
    found = []
    for step, numbers in re.findall(r"([MLHV])([^A-Za-z]*)", path):
        to = [float(number) for number in numbers.split()]
        if step in "HV":
            to.insert(step == "H", found[-1][step == "H"])
        found.append(tuple(to))
    return found


def uprights(chart, colour):
    """The x of each upright line of a colour."""
    return [line[0][0] for line in strokes(chart, colour) if len(line) == 2 and line[0][0] == line[1][0]]


def test_a_point_between_gaps_has_its_interval_as_a_bar_and_lines_have_none():
    lone = charts.trend(yearly(hidden=[("M", "2021-22"), ("M", "2023-24")]), "Uphold rate", "%")
    assert len(uprights(lone, "#801650")) == 3
    assert not uprights(lone, "#1f8a81")
    assert "Shaded or barred: confidence intervals." in texts(lone)
    whole = charts.trend(yearly(), "Uphold rate", "%")
    assert not uprights(whole, "#801650")
    assert "Shaded: confidence intervals." in texts(whole)


def test_a_point_between_gaps_is_named_as_the_end_of_a_line_is():
    """Mixed has a point in each of three years and a line in none; of Other the first stands alone."""
    hidden = [("M", "2021-22"), ("M", "2023-24"), ("O", "2021-22")]
    shown = texts(charts.trend(yearly(hidden=hidden), "Uphold rate", "%"))
    assert [shown.count(name) for name in ("Mixed", "Other", "Asian")] == [3, 2, 1]


def test_points_between_gaps_of_one_year_stand_apart():
    hidden = [(group, year) for group in "MO" for year in ("2021-22", "2023-24")]
    chart = charts.trend(yearly(hidden=hidden), "Uphold rate", "%")
    mixed, other = (uprights(chart, drawing.GROUPS[group][0].lower()) for group in "MO")
    assert all(abs(one - another) > 4 for one, another in zip(mixed, other, strict=True))


def test_a_point_whose_interval_is_not_shown_has_no_bar_and_the_chart_says_so():
    frame = yearly([("M", "Mixed")], [("M", "2021-22"), ("M", "2023-24")])
    frame.loc[frame["year"].eq("2024-25"), ["lower", "upper"]] = None
    chart = charts.trend(frame, "Uphold rate", "%")
    assert len(uprights(chart, "#801650")) == 2
    assert "confidence intervals, where they can be shown." in " ".join(texts(chart))


@pytest.mark.parametrize("unit", ["%", RATE])
def test_lines_over_years_start_at_nought_and_say_what_they_are_in(unit):
    shown = texts(charts.trend(yearly([("A", "Asian")]), "Recalled", unit))
    assert {"0%", "0.0"} & set(shown)
    assert ("Percentage" if unit == "%" else RATE.capitalize()) in shown


def test_more_than_six_lines_have_panels():
    chart = charts.trend(yearly([(name, name) for name in TYPES]), "Complaints", RATE)
    assert texts(chart).count("2020-21") == len(TYPES)


def test_a_panel_without_a_figure_says_why():
    frame = yearly([(name, name) for name in TYPES])
    frame.loc[frame["group"] == "Open", ["value", "lower", "upper"]] = None
    frame.loc[frame["group"] == "Open", "mark"] = "c"
    shown = texts(charts.trend(frame, "Complaints", RATE))
    assert shown.count("[c]") == 1  # for all its years together
    assert "[c]  suppressed." in " ".join(shown)


def test_a_panel_marks_each_year_that_is_not_shown():
    hidden = [("Open", "2020-21"), ("Open", "2024-25"), ("Category C", "2022-23")]
    assert texts(charts.trend(yearly([(name, name) for name in TYPES], hidden), "Complaints", RATE)).count("[c]") == 3


def test_a_heat_map_takes_six_groups():
    groups = [(str(i), f"Group {i}") for i in range(7)]
    frame = compared(*[{}] * 7, groups=groups).assign(stratum="Open")
    with pytest.raises(ValueError, match="at most 6 groups"):
        charts.verdict_heatmap(frame, "Too many", "White")


def test_a_heat_map_gives_sign_and_ratio():
    frame = by_type({}, {"verdict": "parity", "ratio": 1.02}, HIDDEN)
    shown = texts(charts.verdict_heatmap(frame, "By type", "White"))
    assert shown.count("▼") == len(TYPES) and shown.count("1.02") == len(TYPES)
    assert shown.count("[c]") == len(TYPES) and "[c]  suppressed" in shown


def test_a_heat_map_says_what_its_rates_are_of_and_marks_cells_without_one():
    frame = by_type({"ratio": None, "verdict": "not assessed"}, {"verdict": "parity", "ratio": 1.02})
    chart = charts.verdict_heatmap(frame, "By type", "White", "not completing supervision")
    assert "Relative rate of not completing supervision compared with White" in " ".join(texts(chart))
    assert "Relative rate of not completing supervision compared with White." in chart.alt
    assert texts(chart).count("[u]") == len(TYPES)
    assert any(text.startswith("[u]  unreliable") for text in texts(chart))
    assert "Not shown, unreliable, because too much rests on few people or cases [u]: Category B" in chart.alt


def test_a_heat_map_shades_what_adjustment_undoes_as_what_chance_could_account_for_and_gives_it_a_star():
    frame = compared({}, {}).assign(stratum="Deaths", undone=[True, False, False])
    chart = charts.verdict_heatmap(frame, "Verdicts", "White")
    assert {"▼*", "▼", "*  only as counted"} <= set(texts(chart))
    assert "Deaths, Asian 0.77, disproportionate as counted; Deaths, Black 0.77, disproportionate." in chart.alt
    plain = charts.verdict_heatmap(frame.drop(columns="undone"), "Verdicts", "White")
    assert "*  only as counted" not in texts(plain)
    strong, chance = comparison.SHADES[0], comparison.SHADES[VERDICTS.index("inconclusive")]
    counts = [[made.svg.count(shade.lower()) for made in (chart, plain)] for shade in (strong, chance)]
    assert counts == [[2, 3], [2, 1]]  # one of each in the key


def test_a_heat_map_says_which_sign_is_higher_and_which_lower():
    shown = texts(charts.verdict_heatmap(by_type({}, {}), "By type", "White"))
    assert {"▲△  higher", "▼▽  lower"} <= set(shown)


def test_small_forests_mark_and_tell_a_comparison_that_could_not_be_made():
    frame = by_type({}, {"ratio": None, "ratio_lower": None, "ratio_upper": None, "verdict": "not assessed"})
    chart = charts.small_multiples(frame[frame["stratum"].eq("Open")], "By type", "White")
    assert "[u]" in texts(chart)
    assert chart.alt.endswith("[u]: Open (Black).")


ADJUSTED = {"adjusted_ratio": 0.9, "adjusted_lower": 0.8, "adjusted_upper": 1.1}


def test_a_card_says_what_its_axis_is_of():
    assert "Relative rate compared with White" in texts(picture("card"))


def test_a_card_marks_an_adjusted_figure_that_is_not_shown():
    chart = charts.card(compared({**ADJUSTED, "adjusted_mark": ""}, {"adjusted_mark": "c"}), "Uphold rate", "White")
    assert texts(chart).count("[c]") == 1
    assert chart.alt.endswith("No adjusted figure is shown, suppressed to protect individuals [c]: Black.")


def test_a_cross_is_the_relative_rate_of_the_whole():
    frame = compared(ADJUSTED, {}).assign(national_ratio=[1.31, None, None])
    assert "England and Wales," in texts(charts.forest(frame, "Uphold rate", "White"))
    for chart in (charts.forest, charts.card):
        drawn = chart(frame, "Uphold rate", "White")
        assert "once adjusted, beside 1.31 in England and Wales; Black" in drawn.alt
        assert drawn.alt.count("England and Wales") == 1
    alone = charts.forest(compared(ADJUSTED, {}), "Uphold rate", "White")
    assert not [text for text in [*texts(alone), alone.alt] if "England and Wales" in (text or "")]


@pytest.mark.parametrize("draw", [charts.forest, charts.small_multiples])
def test_a_marker_that_is_hollow_though_its_interval_leaves_out_1_is_explained(draw):
    def said(changes):
        told = {"verdict": "inconclusive", "ratio": 1.3, "ratio_lower": 1.1, "ratio_upper": 1.6}
        unsure = by_type(told | changes)
        return " ".join(tree(draw(unsure[unsure["stratum"].eq("Open")], "By type", "White")).itertext())

    assert "Hollow though clear of 1: chance could account" in said({})
    assert "Hollow" not in said({"ratio_lower": 0.9}) + said({"verdict": "small difference"})


def test_a_forest_names_the_groups_without_an_adjusted_figure():
    chart = charts.forest(compared(ADJUSTED, {}, {}), "Uphold rate", "White")
    assert "No adjusted figure is shown: Black and Mixed." in texts(chart)
    assert chart.alt.endswith("No adjusted figure is shown: Black and Mixed.")
    assert "adjusted figure" not in charts.forest(compared({}, {}), "Uphold rate", "White").alt


def test_two_shares_stand_behind_the_signs_of_their_markers():
    shown = texts(picture("dumbbell"))
    assert "◆ 7.0%\u2003☐ 8.0%" in shown
    assert not lacking("◆☐")  # in the PDF too


def test_places_outside_a_funnel_are_named_and_those_far_outside_have_another_marker():
    near = PLACES.assign(value=[0.42, 0.61, None])
    chart = charts.funnel(near, "Uphold rate", "%", 0.3, "complaints decided")
    assert {"Leeds", "Wormwood Scrubs"} <= set(texts(chart))
    assert "Outside the 99.8% limits: Wormwood Scrubs 61.0%. Outside the 95% limits: Leeds 42.0%." in chart.alt


def test_places_far_outside_a_funnel_are_named():
    chart = charts.funnel(PLACES, "Uphold rate", "%", 0.3, "complaints decided")
    assert "Wormwood Scrubs" in texts(chart) and "Leeds" not in texts(chart)
    assert "2 places about an average of 30.0%. Outside the 99.8% limits: Wormwood Scrubs 61.0%." in chart.alt


@pytest.mark.parametrize(("others", "left"), [([210, 220, 400], True), ([180, 190, 400], False)])
def test_a_name_in_a_funnel_stands_where_it_hides_fewer_limits(others, left):
    places = [{"label": f"Place {n}", "denominator": n, "value": 0.3, **FUNNEL} for n in others]
    frame = pd.DataFrame([{"label": "Leeds", "denominator": 200, "value": 0.42, **FUNNEL}, *places])
    chart = charts.funnel(frame, "Uphold rate", "%", 0.3, "complaints decided")
    (name,) = [element for element in tree(chart).iter(f"{SVG}text") if element.text == "Leeds"]
    assert ("end" in str(name.attrib)) is left


def test_each_place_has_its_own_limits_in_a_funnel():
    """Of two places of one size, the one where people come again more often has wider limits."""
    same = PLACES.assign(denominator=[300, 300, None], lower_998=[0.15, 0.1, None])
    limits = max(strokes(charts.funnel(same, "Uphold rate", "%", 0.3, "decided"), "#595959"), key=len)
    assert len({x for x, _ in limits}) == 1
    assert len({y for _, y in limits}) == 3


@pytest.mark.parametrize(("far", "said"), [(0.0, False), (0.5, True)])
def test_a_funnel_says_where_its_axis_does_not_start_at_nought(far, said):
    moved = PLACES.assign(**{name: PLACES[name].astype(float) + far for name in ("value", *FUNNEL) if name != "mark"})
    shown = texts(charts.funnel(moved, "Uphold rate", "%", 0.3 + far, "complaints decided"))
    assert ("Percentage (the axis does not start at 0)" in shown) == said
    assert ("0%" in shown) != said


def test_a_name_with_dollars_is_drawn_as_it_is():
    frame = compared({"label": "a $x^2$ b", "group": "B"})
    assert any("$x^2$" in text for text in texts(charts.forest(frame, "Costs in $ and $", "White")))


# Colour


def test_marks_and_text_stand_out_from_the_page():
    for colour, _ in drawing.GROUPS.values():
        assert contrast(colour, "#FFFFFF") >= 2.95  # the orange of the palette is 2.96; its markers also differ
    for group in "ABMO":  # groups that are compared lie on the band
        assert contrast(drawing.GROUPS[group][0], drawing.SHADE) >= 3
    for colour in (drawing.INK, drawing.GREY):
        assert contrast(colour, "#FFFFFF") >= 4.5
        assert contrast(colour, drawing.SHADE) >= 4.5
    for shade in comparison.SHADES:
        assert max(contrast(shade, "#FFFFFF"), contrast(shade, "#262626")) >= 4.5


def test_markers_differ_as_well_as_colours():
    assert len({marker for _, marker in drawing.GROUPS.values()}) == len(drawing.GROUPS)


# Machado, Oliveira and Fernandes (2009), severity 1
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, seen):
    """CIE 1976 L*a*b* of a colour as seen with a deficiency."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(np.array(seen) @ linear, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_differ_with_a_colour_vision_deficiency(deficiency):
    seen = [lab(colour, DEFICIENCIES[deficiency]) for colour, _ in drawing.GROUPS.values()]
    apart = min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2))
    assert apart > 5  # over twice a just noticeable difference (2.3: Mahy and others, 1994)


def test_a_lone_point_without_an_interval_stands_on_its_year():
    """With one it stands aside, lest its bar run through a line."""
    years = ["2021-22", "2022-23", "2023-24", "2024-25"]
    held = {"a": [10.0, 11.0, 12.0, 13.0], "b": [5.0, math.nan, math.nan, 6.0]}
    rows = pd.DataFrame(
        [
            (year, group, group, value)
            for group, values in held.items()
            for year, value in zip(years, values, strict=True)
        ],
        columns=["year", "group", "label", "value"],
    )
    bare = rows.assign(lower=math.nan, upper=math.nan, mark=rows["value"].isna().map({True: "x", False: ""}))
    assert not _aside(bare, years).any(axis=None)
    barred = bare.assign(lower=bare["value"] - 1, upper=bare["value"] + 1)
    assert _aside(barred, years)["b"].iloc[[0, -1]].gt(0).tolist() == [True, False]
