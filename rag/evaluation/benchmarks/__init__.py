"""Public data sets and other systems, measured by the same ruler; one file each."""
