"""Fleet of crawlers on several machines: a durable queue, a fence, and files that travel with the lease."""
