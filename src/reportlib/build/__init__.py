"""From parameters and notebooks to the finished files of a report."""

import atexit
import gc

# The cells of a report are many and in no cycle; with the defaults, looking for cycles takes a tenth of the time.
gc.set_threshold(100_000, 50, 100)
atexit.register(gc.freeze)  # and at the end, when all memory is given back anyway, half a second
