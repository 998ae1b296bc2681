"""From parameters and notebooks to the finished files of a report."""
