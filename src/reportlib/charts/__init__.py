"""A frame becomes a picture and the words for it: SVG with real text, and alt text from the same rows.

A row with a mark has no geometry: it is listed with its mark. Axes reach only as far as what is shown.
"""

from reportlib.charts.comparison import MOST_COLUMNS, RATIOS, card, forest, small_multiples, verdict_heatmap
from reportlib.charts.series import bars, dumbbell, funnel, trend
from reportlib.charts.svg import Chart
