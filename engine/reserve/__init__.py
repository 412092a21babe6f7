"""The allowance reserve (配额储备) and the years of paid allocation (有偿分配): what is decided around rounds."""
