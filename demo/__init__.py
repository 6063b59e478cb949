"""`python -m demo`: Privet at work between people of three departments and a stand-in for the LLM vendors.

world    what runs: the stand-in over TLS, Privet as a process of its own, a directory that is gone afterwards
people   who asks, and by which way in: proxy credentials, gateway header, network
scenes   what they ask, and what must be true afterwards
screen   what is shown
"""
