"""A folder for PYTHONPATH: a process that is started with it stays offline."""
