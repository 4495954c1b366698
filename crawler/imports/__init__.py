"""Reading of web archives over HTTP"""
