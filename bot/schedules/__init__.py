"""By itself: when a schedule comes due, and what happens then."""
