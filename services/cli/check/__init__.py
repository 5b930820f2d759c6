"""`tuneyard check`: judge datasets on this machine, before anything leaves it"""
