"""The commands, a file for each group; `projectgate/cli.py` gives them their names."""
