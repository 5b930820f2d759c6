"""Everything on this machine by one command: the embedded servers and the supervisor"""
