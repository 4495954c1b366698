"""A real WordPress on the loopback, for tests: started without any download, seeded by itself.

`WordPress` runs one; `Truth` is what it says of itself; `changes` is what editors and moderators do
to it; `require` skips or fails a test where
`make wordpress` has not been run. Knows nothing of ours
but where the cache lies.
"""

from .needs import missing, require
from .php import WordPressError
from .site import WordPress
from .truth import Comment, Hidden, Post, Truth

__all__ = ["Comment", "Hidden", "Post", "Truth", "WordPress", "WordPressError", "missing", "require"]
