"""Slack: one message a job by a bot, or one message an event by an incoming webhook"""
