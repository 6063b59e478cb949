"""Vendors' wire formats, one file each. Pure: bytes and values in, values out.

- dialect: the wire format of one family of endpoints (`dialect` has the interface, `registry` the ordered list)
- segment: a string of a body that is read; every string is one, except the exempt ones
- exempt: the protocol's own words, ids and signatures, by exact place and look (`exemptions`)
- skipped: what can't be read (images, files); the policy says what that means
- pointer: where a string stands, RFC 6901 extended (`json_spans`)
- edit: new text in the place of one literal, every other byte as it was
- refusal: a vendor's error, so that its SDK raises what its users know
- reply: an internal model's answer in the vendor's shape, whole or streamed
- delta: a string of a streamed event that continues a channel's text
- channel: one text of a stream (a choice's content, a tool call's arguments)
- form: `name=value&…`, in bodies and query strings (`forms`)
- generic: the dialect for whatever else goes to an LLM host
"""
