"""Figures beside a baseline, each pair taken in one run: `make bench`."""
