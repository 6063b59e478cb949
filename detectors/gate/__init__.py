"""The gate: one pass over a text that says which of hundreds of expressions can match in it, and near which places.

    loosened    an expression → one on bytes that matches wherever it does, without what engines find slow
    database    all loosened expressions compiled together (Hyperscan), kept in a file between starts
    gate        a text → `Places`: where each expression may match, so that Python's `re` reads these places alone

The gate only ever leaves out places where nothing can match: with it and without it the findings are the same, and
where Hyperscan isn't there, Privet is slower and says the same.
"""
