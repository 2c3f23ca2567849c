"""Live sessions of this process: from the upgrade to the last row."""
