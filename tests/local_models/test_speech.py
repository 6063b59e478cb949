"""Turns as a model without tools reads them, and that nothing of them is shown."""

from local_models.speech import Asked, Call, End, Finish, Tool, Turn, plain


def test_calls_are_written_out_for_who_knows_of_none() -> None:
    turns = [
        Turn("system", "Be brief."),
        Turn("user", "What's the weather in Ulm?"),
        Turn("assistant", "I'll look.", calls=(Call("c1", "weather", '{"town":"Ulm"}'),)),
        Turn("tool", "Rain", answers="c1"),
        Turn("assistant", ""),
    ]
    assert plain(turns) == [
        ("system", "Be brief."),
        ("user", "What's the weather in Ulm?"),
        ("assistant", 'I\'ll look.\n[called weather with {"town":"Ulm"}]'),
        ("user", "Rain"),
    ]


def test_nothing_that_was_said_is_shown() -> None:
    call = Call("c1", "weather", "hunter2")
    asked = Asked(
        (Turn("user", "hunter2", (call,)),),
        5,
        stop=("hunter2",),
        schema="hunter2",
        tools=(Tool("t", "hunter2", "hunter2"),),
    )
    assert "hunter2" not in repr(asked)
    assert "hunter2" not in repr(End(Finish.SEQUENCE, sequence="hunter2"))
