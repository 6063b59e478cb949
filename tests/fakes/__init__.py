"""Stand-ins for what Privet talks to: real sockets and real wire formats, nothing mocked.

Vendor        a server that speaks the OpenAI, Anthropic and Gemini APIs (`tests.fakes.vendor`)
Behaviour     what it answers: text, tool calls, errors, pace, cuts (`tests.fakes.model`)
Prompt        what a request asked, whatever its dialect
Reply         what the pretended model answers, whatever the dialect
SeenRequest   a request as it arrived, byte for byte
Connection    a TCP connection and how many bytes came over it
Authority     a throw-away certificate authority
"""
