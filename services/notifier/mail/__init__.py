"""Mail: one message for each recipient, handed to the operator's server, and its refusals understood"""
