"""Background work on pgqueuer: jobs are put into the queue in the transaction of the data. Knows no feature."""
