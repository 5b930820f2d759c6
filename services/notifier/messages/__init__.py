"""Messages: an event in plain words, written once for every channel that people read"""
