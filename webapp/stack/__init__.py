"""The supervisor: every process Slicewise needs, from one command.

``python -m webapp.stack run`` serves; ``… test -- COMMAND`` lends a command throw-away
services; ``… with -- COMMAND`` lends it the kept ones, as a second terminal wants.
"""
