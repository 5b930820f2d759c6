"""Events become deliveries, deliveries become attempts."""
