"""The inputs: extracts made into typed Parquet, checked against contracts, and counted."""
