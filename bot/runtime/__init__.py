"""What a running program needs: time, loops, locks, logs."""
