"""Kernels forked from a parent that has done the imports: ordinary in all but the time that they take to start."""
