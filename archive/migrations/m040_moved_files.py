"""Where the bytes of a file were received, whose site has moved since."""

SQL = """
ALTER TABLE files ADD COLUMN received_from TEXT;;
ALTER TABLE file_versions ADD COLUMN received_from TEXT
"""
