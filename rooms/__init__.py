"""What a lesson is: a pure machine that is told facts and answers with events. No I/O, no clock, no randomness."""
