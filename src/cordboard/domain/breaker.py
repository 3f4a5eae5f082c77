"""When a host that does not answer is left in peace, and for how long. The schedule is data."""

# Seconds of peace after the first, second, … attempt in a row that a host did not answer; the last one from then on. A
# few may just have met a restart: None. Then one attempt goes out to see whether it is back; any answer, even an error,
# ends it.
PAUSE_SECONDS = (None, None, None, None, 5.0, 5.0, 10.0, 10.0, 20.0, 20.0, 40.0, 40.0, 60.0)
