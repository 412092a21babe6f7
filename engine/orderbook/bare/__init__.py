"""The bare book's own kernels."""
