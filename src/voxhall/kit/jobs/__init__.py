"""Durable jobs in the database that is there anyway (docs/jobs.md).

A feature enqueues a job in the transaction of the change that wants it; a worker process claims it over the internal
link, renews its lease, and tells its results. Every word of a worker passes the job's fence: it must hold the newest
attempt. So a job may be run twice, by a killed worker's successor or by two at once, and takes effect once.

`model`     what a job is, when it is tried again. Pure.
`store`     the tables.
`queue`     one function for each thing that happens to a job, in the control plane.
`desk`      the control plane's end of a worker's link, and the upkeep.
`worker`    the worker's end: claims, renews, carries out.
"""
