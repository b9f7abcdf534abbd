"""Reads WAV files, and makes series of spectra or cepstra of them."""
