"""What a call would do: worked out in a unit that is taken back, and done later only if it is still the same."""
