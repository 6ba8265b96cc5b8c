"""The test harness: questions with known answers, asked as users ask, scored and reported.

    room = Newsroom.open("path/to/library")
    questions = resolve(load("questions.jsonl"), room)
    result = evaluate(questions, asker(room), questions_sha256=sha256("questions.jsonl"))
    report.show(result)

`draft` writes questions about a library, for a person to keep or strike out, and `save` a file of
them. `gate` pins floors under the figures; `report` shows them to people.
"""

from rag.evaluation.draft import Drafts, draft
from rag.evaluation.evaluate import Figure, Report, Row, asker, evaluate
from rag.evaluation.questions import Gold, Question, load, resolve, save, sha256

__all__ = [
    "Drafts",
    "Figure",
    "Gold",
    "Question",
    "Report",
    "Row",
    "asker",
    "draft",
    "evaluate",
    "load",
    "resolve",
    "save",
    "sha256",
]
