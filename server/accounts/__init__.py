"""Who people are, how they sign in, and which lessons they are booked in."""
