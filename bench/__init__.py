"""What measures speed and weight, each figure beside its bare limit in the same run. Not part of the tests."""
