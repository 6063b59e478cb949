"""mitmproxy's own parts, changed where the measured ones don't do: hooks, sockets, WebSockets. Nothing else uses them.

hooks         which addon's method hears which hook, looked up once
"""
