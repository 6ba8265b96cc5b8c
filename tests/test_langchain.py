"""The library as a retriever in other people's LangChain chains."""

import asyncio

import pytest
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from rag import Newsroom

TOKYO = "Who did Hegseth meet in Tokyo?"
NOTO = "How strong was the Noto earthquake?"


def chain(retriever: BaseRetriever) -> Runnable[str, str]:
    """The chain of LangChain's own tutorial, with a model that repeats what it was given."""
    prompt = ChatPromptTemplate.from_template("{context}\n\nQuestion: {question}")

    def together(found: list[Document]) -> str:
        return "\n\n".join(document.page_content for document in found)

    def repeat(given: PromptValue) -> str:
        return given.to_string()

    given: Runnable[str, dict[str, str]] = {  # type: ignore[assignment]
        "context": retriever | RunnableLambda(together), "question": RunnablePassthrough(),
    }  # fmt: skip
    return given | prompt | RunnableLambda(repeat) | StrOutputParser()


def test_a_document_carries_what_a_citation_needs(newsroom: Newsroom) -> None:
    documents = newsroom.as_retriever(k=5).invoke(TOKYO)
    assert len(documents) == 5
    first = next(d for d in documents if "Gen Nakatani" in d.page_content)
    article = newsroom.article(first.metadata["article"]).article
    assert first.page_content == "\n".join(
        article.paragraphs[number - 1] for number in first.metadata["paragraphs"]
    )
    assert first.metadata["source"] == article.url
    assert (first.metadata["title"], first.metadata["outlet"]) == (article.title, article.outlet)
    assert first.metadata["published"] == "2025-03-30"
    assert first.metadata["note"] == article.note
    assert [d.id for d in documents] == [str(p.id) for p in newsroom.search(TOKYO, k=5)]


def test_filters_are_those_of_search(newsroom: Newsroom) -> None:
    retriever = newsroom.as_retriever(k=20, since="2025-03-01", until="2025-03-31")
    found = retriever.invoke("What happened?")
    assert found
    assert all("2025-03-01" <= d.metadata["published"][:10] <= "2025-03-31" for d in found)


def test_a_chain_runs_at_once_in_a_batch_and_asynchronously(newsroom: Newsroom) -> None:
    runnable = chain(newsroom.as_retriever(k=5, since="2023-01-01"))
    told = runnable.invoke(TOKYO)
    assert "Gen Nakatani" in told and told.endswith(f"Question: {TOKYO}")
    both = runnable.batch([TOKYO, NOTO])
    assert both[0] == told and "trapped beneath fallen houses" in both[1]
    assert asyncio.run(runnable.ainvoke(TOKYO)) == told


def test_many_questions_at_once_find_what_one_finds(newsroom: Newsroom) -> None:
    retriever = newsroom.as_retriever(k=3)
    alone = [retriever.invoke(q) for q in (TOKYO, NOTO)]

    async def together() -> list[list[Document]]:
        return await asyncio.gather(*(retriever.ainvoke(q) for q in (TOKYO, NOTO) * 4))

    assert retriever.batch([TOKYO, NOTO] * 4) == alone * 4
    assert asyncio.run(together()) == alone * 4


def test_a_wrong_filter_is_said_at_once(newsroom: Newsroom) -> None:
    with pytest.raises(TypeError, match="sinse"):
        newsroom.as_retriever(sinse="2025-01-01").invoke(TOKYO)
