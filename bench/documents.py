"""Search documents without a table behind them, as many as `BENCH_DOCUMENTS` says."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tuoxian_portal.core.registries import SearchDocument, SearchSource, search_sources

WORDS = [
    "生物",
    "医药",
    "清洁",
    "能源",
    "化工",
    "新材料",
    "循环",
    "经济",
    "物流",
    "园区",
    "项目",
    "审批",
    "补贴",
    "贴息",
    "用电",
    "蒸汽",
    "污水",
    "铁路",
    "企业",
    "开办",
    "施工",
    "许可",
    "环评",
    "能评",
    "备案",
    "土地",
    "规划",
    "验收",
    "人才",
    "就业",
    "社保",
    "医保",
    "登记",
    "变更",
    "注销",
    "证照",
    "窗口",
    "帮办",
    "代办",
    "材料",
    "投资",
    "融资",
    "贷款",
    "担保",
    "发酵",
    "玉米",
    "铝业",
    "光伏",
    "储能",
    "风电",
    "农牧",
    "黄河",
    "湿地",
    "旅游",
    "食品",
    "经营",
    "消防",
    "卫生",
    "教育",
    "民政",
]


@dataclass(frozen=True)
class Document:
    """A record that only search knows; its text follows from its number."""

    pk: int

    def words(self, count: int) -> str:
        chosen = random.Random(self.pk)
        return "".join(chosen.choice(WORDS) for _ in range(count))


class Documents:
    """Enough of a queryset for the index to walk over."""

    def iterator(self, chunk_size: int = 500) -> Iterator[Document]:
        return (Document(pk) for pk in range(1, int(os.environ.get("BENCH_DOCUMENTS", "0")) + 1))

    def filter(self, **conditions: object) -> list[Document]:
        return []


def document(record: Document) -> SearchDocument:
    return SearchDocument(
        title=f"示例文档 {record.pk}：{record.words(4)}",
        url=f"/help/#{record.pk}",
        summary=record.words(20),
        body="。".join(record.words(12) for _ in range(10)),
    )


search_sources.register("bench", SearchSource("bench", "示例文档", Document, Documents, document))
