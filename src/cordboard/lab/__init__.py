"""Test phones and carriers on a second, private Asterisk: for the demo, tests and benches."""
