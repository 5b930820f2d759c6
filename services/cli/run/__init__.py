"""`tuneyard run`: from a file to a tuned model, against a running service"""
