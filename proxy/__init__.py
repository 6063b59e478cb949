"""The data plane: from bytes on a socket to a decision and back.

- flow: one request and its reply, as mitmproxy carries it (`addon` and `server` are the only importers of mitmproxy)
- principal: who is asking (`identity`)
- dialect: a vendor's wire format (`providers/`)
- segment: one string of a body, with its pointer
- pipeline: segments → findings and labels → decision → new body (`pipeline`)
- transform: how one finding is de-identified (`transforms/`)
- token: what stands for a value outside; `restore` turns it back in the reply
- intent, outcome: the two records of a request in the audit log (`record`)
- worker: a process that inspects or answers, with a deadline (`workers`, its jobs in `jobs`)
- gateway: the way in for clients that take a base URL
- local API: /scan, /healthz, /readyz, /metrics (`local`)
"""
