"""`tuneyard files`: the files of a running service"""
