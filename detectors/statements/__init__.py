"""What sentences say of a person that the law protects (GDPR Art. 9 and 10): the words, and the sentences around them.

    terms         the words of each category in eight languages (`terms.txt`), and where they stand in a text
    grammar       who is spoken of, and how a sentence says it: per language
    records       the fields of forms and records: `Diagnosis: …`, `Religion: …`

`detectors/recognizers/statements.py` puts them together.
"""
