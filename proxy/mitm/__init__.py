"""mitmproxy's own parts, changed where the measured ones don't do: hooks, sockets, WebSockets. Nothing else uses them.

bodies        limits count what is kept
connections   a client that is gone is told of at once
flows         what a flow says and how it is changed
travel        how one reply travels
replies       streamed replies whose transformer is awaited
hooks         which addon's method hears which hook, looked up once
raw           no raw bytes to an LLM host
websocket     nothing goes on unless the addon says what
"""
