"""`cloudcore doctor`: what is here, what is wrong with it, and what to do. It changes nothing unless it is told to.

place.py looks at the data folder and at the process that holds it, machine.py at the machine, records.py at the database,
trouble.py at single objects in it, and puts right what is safe to put right; owner.py tells whose work each of them is.
A check gives a `Finding`; one that cannot be made says why instead of going missing.
"""
