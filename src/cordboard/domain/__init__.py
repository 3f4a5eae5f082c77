"""What calls, numbers and records are. Pure: no I/O, no clock, no await, no wire word."""
