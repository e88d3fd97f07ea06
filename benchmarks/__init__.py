"""One command a figure, the peers beside us in the same run."""
