"""Files that mean harm, made by the thousand from valid ones: `python -m tests.fuzz`."""
