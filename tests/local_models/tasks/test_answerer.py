from local_models.tasks.answerer import Answer


def test_an_answers_repr_holds_none_of_it():
    answer = Answer({"category": "secret"}, confidence=0.9)
    assert "secret" not in repr(answer)
    assert "0.9" in repr(answer)
