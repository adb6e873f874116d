"""Detection (分析研判): which subjects an item hits, and why."""
