"""How findings are de-identified, one operator per file. Pure: texts and findings in, texts out.

- operator: mask, tokenize or redact; a policy's `Action` says which for an entity type
- mask: a value's characters become `*`, the last few may stay (`mask`)
- redact: a value becomes its type in brackets (`redact`)
- tokenize: a value becomes a token (`tokenize`); the same value always the same one
- mention: a name that is a part, or another form, of somebody's whose token has the code (`persons`)
- surrogate: a made-up value that reads like a real one (`surrogate`)
- token: `PERSON_7KQ2MXAB`, a type and a keyed code that checks itself (`token`)
- scope: who shares tokens (everyone, a department, a user); part of the key
- restorable: a token whose action lets the reply be turned back; only these are in `Deidentified.tokens`
- propagation: a value found once is replaced wherever else it stands in the request (`deidentify`)
"""
