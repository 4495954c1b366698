"""Running a crawl or an audit, and recording its outcome."""
