"""Rates, ratios and tests that a government statistician would sign: pure functions on counts."""

from reportlib.statistics.association import (
    agreement,
    funnel_limits,
    goodness_of_fit,
    overdispersion,
    rate_trend,
    sign_test,
    trend,
    trend_departure,
)
from reportlib.statistics.clusters import clustered_rate, clustered_rate_ratio, effective_sample, few_people
from reportlib.statistics.missing import missing_bounds, missing_bounds_rate, tipping_point
from reportlib.statistics.models import adjusted_risk_ratio, rate_trend_interaction, trend_interaction
from reportlib.statistics.multiplicity import adjust_p
from reportlib.statistics.power import cases_needed, detectable_ratio
from reportlib.statistics.proportions import difference, judge_complement, proportion, relative_rate
from reportlib.statistics.rates import direct_rate, indirect_ratio, rate, rate_ratio
from reportlib.statistics.result import LEVEL, METHODS, Estimate, Method, Test
from reportlib.statistics.stratified import homogeneity, mantel_haenszel, mantel_haenszel_rate, ratio_to_others
from reportlib.statistics.verdict import BAND, Band, verdict
from reportlib.words import VERDICTS
