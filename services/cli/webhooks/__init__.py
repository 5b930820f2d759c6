"""`tuneyard webhooks`: endpoints, what they were sent, and a receiver to see it arrive"""
