"""What people are told without asking: in the app and by push. Each thing once.

`model`        kinds of news, levels, quiet hours: who is told what, and how. Pure.
`store`        the tables.
`audience`     whom something is for, as SQL: a hundred thousand followers are never a list in memory.
`announcing`   what happens in spaces becomes an announcement and, if it is for many, a job.
`fan_out`      the job's half in the control plane: a stretch of the audience at a time, then the pushes.
`push`         Web Push: keys, signatures, encryption; `sending` is what a worker does with them.
`letters/`     the same by mail: whose are due, and what they say.
`words`        the sentences, in every language of the pages.
"""
