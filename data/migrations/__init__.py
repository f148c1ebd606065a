"""Numbered changes to the tables, in one direction, run by `projectgate migrate`."""
