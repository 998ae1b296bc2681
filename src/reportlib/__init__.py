"""Reproducible reporting on race equality in prisons and probation."""
