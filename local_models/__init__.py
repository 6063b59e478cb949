"""Models that run inside the house: a small one in this process, larger ones behind an OpenAI-compatible server.

The words used here:

- **catalogue**: the list of model files Privet may load, each with the wheel it comes in, its SHA-256 and its licence.
- **derived model**: a file made here from a catalogue file (its first layers, requantised); its SHA-256 is pinned too.
- **feature model**: a derived model that turns a text into one vector (the mean over tokens of an early layer).
- **head**: the small trained part that turns features into probabilities, stored with its scores in `heads/`.
- **label**: a kind of document (source_code, hr, medical, legal, financial, customer, public).
- **source**: where a training text came from. A head is judged on sources that were left out of its training.
- **backend**: who answers a rerouted request: `embedded` (in a worker process) or `openai` (a server).

`runtime` is the only module that imports llama_cpp. Nothing here knows of proxies or policies, and nothing here reaches
for the network, except `openai_compatible`, which talks to the server that the policy names.
"""
