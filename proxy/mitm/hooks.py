"""mitmproxy's hook dispatch, with the lookup done once per hook instead of once per addon and event.

A request fires some ten hooks and each was looked for in every addon, through two context managers: a fifth of the time
that mitmproxy spends on a request. What an addon's exception means stays as it is: it is logged, and the others go on.
"""

import inspect
import logging
from collections.abc import Callable
from dataclasses import fields
from typing import Any, override

from mitmproxy import addonmanager, exceptions, flow, hooks, master, options

log = logging.getLogger("mitmproxy.addonmanager")  # `ErrorCheck` listens to mitmproxy's loggers while it starts


class Dispatch(addonmanager.AddonManager):
    """An `AddonManager` that remembers which methods hear which hook."""

    def __init__(self, owner: master.Master) -> None:
        super().__init__(owner)  # type: ignore[no-untyped-call]
        self._heard: dict[type[hooks.Hook], tuple[tuple[str, ...], tuple[Callable[..., Any], ...]]] = {}

    @override
    def add(self, *addons: Any) -> None:
        super().add(*addons)  # type: ignore[no-untyped-call]
        self._heard.clear()

    @override
    def remove(self, addon: Any) -> None:
        super().remove(addon)  # type: ignore[no-untyped-call]
        self._heard.clear()

    @override
    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        await self.trigger_event(event)
        message = event.args()[0] if self._methods(hooks.UpdateHook)[1] else None
        if isinstance(message, flow.Flow):
            await self.trigger_event(hooks.UpdateHook([message]))

    @override
    async def trigger_event(self, event: hooks.Hook) -> None:
        names, methods = self._methods(type(event))
        if not methods:
            return
        arguments = [getattr(event, name) for name in names]
        for method in methods:
            try:
                result = method(*arguments)
                if result is not None and inspect.isawaitable(result):
                    await result
            except exceptions.AddonHalt:
                return
            except exceptions.OptionsError:
                raise
            except Exception as error:  # noqa: BLE001 - as mitmproxy does; Privet's addon refuses before it does anything
                log.error("Addon error: %s", type(error).__name__)  # noqa: TRY400 - a traceback may quote a request

    def _methods(self, event: type[hooks.Hook]) -> tuple[tuple[str, ...], tuple[Callable[..., Any], ...]]:
        heard = self._heard.get(event)
        if heard is None:
            methods = (getattr(addon, event.name, None) for addon in addonmanager.traverse(self.chain))
            heard = tuple(field.name for field in fields(event)), tuple(one for one in methods if callable(one))  # type: ignore[arg-type]
            self._heard[event] = heard
        return heard


class Master(master.Master):
    """A `Master` with this dispatch."""

    def __init__(self, opts: options.Options) -> None:
        super().__init__(opts)
        self.addons = Dispatch(self)
