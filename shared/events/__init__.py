"""What happened: the types of events, their record, and what follows from each."""
