"""`make demo`: the whole job on this machine, shown and proven"""
