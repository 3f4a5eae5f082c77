"""``cordboard up``: everything on one machine, started in order, kept running, stopped in order.

``preparation`` does what needs root or may take long, ``programs`` keeps one program running, ``station`` runs them
all. The only place besides ``app`` and ``lab`` that knows which engine it is.
"""
