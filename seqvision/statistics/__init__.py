"""Tests and intervals, one file each: arrays in, numbers out."""
