"""The words of the API, spoken by the gateway and by the trainer alike."""
