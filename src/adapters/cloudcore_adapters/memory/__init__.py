"""Every driven port in dictionaries: for examples, tests, simulations and small embedded clouds."""
