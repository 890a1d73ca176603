"""Search at 50,000 documents: p50 and p95 of two-word questions, with facets and a page of twenty.

    DATABASE_URL=postgres://… python bench/search.py [--documents 50000] [--questions 400]

Works in one transaction that is rolled back, so that the database stays as it was.
"""

import argparse
import os
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuoxian_portal.settings")

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from tuoxian_portal.search import index  # noqa: E402
from tuoxian_portal.search.backends import backend  # noqa: E402
from tuoxian_portal.search.models import SearchEntry  # noqa: E402
from tuoxian_portal.search.query import search  # noqa: E402

# Words of the field; the first are common (Zipf), as in real guides and policies.
WORDS = [
    "项目",
    "企业",
    "办理",
    "申请",
    "材料",
    "许可",
    "登记",
    "审批",
    "建设",
    "工程",
    "规划",
    "施工",
    "用地",
    "投资",
    "备案",
    "园区",
    "产业",
    "政策",
    "奖励",
    "补贴",
    "贷款",
    "银行",
    "担保",
    "融资",
    "生产",
    "食品",
    "药品",
    "经营",
    "环境",
    "影响",
    "评价",
    "排污",
    "取水",
    "水土",
    "保持",
    "消防",
    "设计",
    "审查",
    "验收",
    "不动产",
    "抵押",
    "转移",
    "公积金",
    "社会",
    "保险",
    "医疗",
    "保障",
    "税务",
    "发票",
    "注销",
    "变更",
    "延续",
    "补办",
    "公司",
    "设立",
    "个体",
    "工商户",
    "公章",
    "刻制",
    "道路",
    "运输",
    "货物",
    "车辆",
    "驾驶",
    "户口",
    "身份证",
    "居住证",
    "出生",
    "婚姻",
    "低保",
    "救助",
    "养老",
    "残疾",
    "教育",
    "入学",
    "教师",
    "资格",
    "卫生",
    "场所",
    "医师",
    "护士",
    "兽药",
    "农药",
    "种子",
    "饲料",
    "动物",
    "防疫",
    "林木",
    "采伐",
    "草原",
    "清洁",
    "能源",
    "光伏",
    "风电",
    "储能",
    "氢能",
    "化工",
    "乙二醇",
    "甲醇",
    "聚甲醛",
    "生物",
    "医药",
    "发酵",
    "玉米",
    "淀粉",
    "原料药",
    "疫苗",
    "新材料",
    "铝",
    "钠",
    "循环",
    "经济",
    "物流",
    "铁路",
    "专用线",
    "陆港",
    "煤炭",
    "电价",
    "蒸汽",
    "污水",
    "处理",
    "招商",
    "引资",
    "签约",
    "开工",
    "投产",
    "达产",
    "链主",
    "产值",
    "增加值",
    "就业",
    "税收",
]
KINDS = ["service-item", "policy", "project", "loan-product", "bundle"]


def documents(count: int, rng: random.Random):
    weights = [1 / (rank + 2) for rank in range(len(WORDS))]
    for number in range(count):
        title = "".join(rng.choices(WORDS, weights, k=4)) + f"{number}"
        body = "，".join("".join(rng.choices(WORDS, weights, k=6)) for _ in range(rng.randint(5, 25)))
        yield number, title, body


def fill(count: int) -> None:
    rng = random.Random(150122)
    batch = []
    for number, title, body in documents(count, rng):
        entry = SearchEntry(
            kind=KINDS[number % len(KINDS)],
            object_id=f"bench-{number}",
            title=title,
            url=f"/bench/{number}/",
            summary=body[:80],
            body=body,
            date=f"202{number % 6}-0{number % 9 + 1}-15",
            digest="",
        )
        batch.append(index._Prepared(entry, index.SearchDocument(title=title, url=entry.url)))
        if len(batch) == index.BATCH:
            index._write(batch)
            batch = []
            print(f"\r{number + 1}/{count}", end="", file=sys.stderr)
    if batch:
        index._write(batch)
    backend().tidy()
    print(file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--questions", type=int, default=400)
    options = parser.parse_args()
    with transaction.atomic():
        started = time.perf_counter()
        fill(options.documents)
        seconds = time.perf_counter() - started
        print(f"{connection.vendor}: {options.documents} documents in {seconds:.0f} s")
        rng = random.Random(1)
        for label, words in (("one word", 1), ("two words", 2), ("two common words", -2), ("three words", 3)):
            times, totals = [], []
            for _ in range(options.questions):
                pool = WORDS[:20] if words < 0 else WORDS
                text = " ".join(rng.sample(pool, abs(words)))
                before = time.perf_counter()
                found = search(text)
                times.append((time.perf_counter() - before) * 1000)
                totals.append(found.total)
            times.sort()
            print(
                f"{label:18} p50 {statistics.median(times):6.1f} ms  p95 {times[int(len(times) * 0.95)]:6.1f} ms"
                f"  max {times[-1]:6.1f} ms  median matches {statistics.median(totals):.0f}"
            )
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
