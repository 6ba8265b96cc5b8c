"""What Streamlit runs, anew for every change on the page."""

from ui.page import show

show()
