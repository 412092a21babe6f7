"""One file per service of the wire: each call is translate, submit or read, translate back.

No servicer judges anything, catches anything, or knows a status code: what goes wrong is raised as what it is, and
`services.edge` turns it into a status. Reads run on the event loop between two batches, so each shows one moment.
"""
