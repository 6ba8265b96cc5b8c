"""How the reader is trained. Nothing here is imported when questions are asked.

Run `python -m rag.training --help`.
"""
