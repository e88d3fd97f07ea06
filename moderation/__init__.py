"""What may be said: reviewers, the pipeline that asks them, and the evidence that a case freezes."""
