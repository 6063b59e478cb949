"""What people use: the command line (`cli/`), later the web console. Nothing here decides; it asks and shows."""
