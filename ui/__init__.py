"""The chat page. It imports `rag` and shows what `rag` returns; it holds no pipeline logic.

    from ui import launch

Importing this package is cheap: Streamlit loads when the page is launched.
"""

from ui.serve import launch

__all__ = ["launch"]
