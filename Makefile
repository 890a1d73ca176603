# 托县门户：`make run` 启动，`make test` 测试，`make help` 列出全部命令。
# Works with GNU make 3.81 and a POSIX shell, so that macOS needs nothing extra.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
SHELL := /bin/sh
export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test lint types layers schema screenshots bench lighthouse pins audit clean

help: ## 列出全部命令
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.run ## 安装并启动整个门户（PORT=8001 make run 换端口）
	@exec $(BIN)/python manage.py serve --demo

test: $(VENV)/.test ## 运行测试（缺 PostgreSQL、Redis、Chromium 时说明略过了什么）
	@$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/.test ## 代码检查
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.test ## 类型检查
	@$(BIN)/mypy

layers: $(VENV)/.test ## 分层检查
	@$(BIN)/lint-imports

schema: $(VENV)/.run ## 重新生成接口说明 docs/api/schema.yaml
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/api/schema.yaml

screenshots: $(VENV)/.test ## 截取全部页面到 var/screenshots/
	@$(BIN)/python -m pytest -n 0 tests/browser/screenshots.py

bench: $(VENV)/.test ## 性能测量，见 bench/README.md
	@$(BIN)/python -m bench

lighthouse: $(VENV)/.test ## 用 Lighthouse 检查正在运行的门户的公开页面（URL=… 指明地址）
	@$(BIN)/python -m bench.lighthouse $(URL)

pins: $(VENV)/.test ## 重新解析并固定全部依赖版本
	@$(BIN)/python tests/pins.py

audit: $(VENV)/.test ## 查询已固定的依赖有没有公开的漏洞（需要网络）
	@$(BIN)/pip-audit --requirement requirements.txt --no-deps

clean: ## 删除虚拟环境、缓存和测试产物（不删除数据 var/）
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The environment. A stamp is older than its requirements file only when that has changed. ------
$(VENV)/.run: requirements.txt $(BIN)/python
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.test: tests/requirements.txt requirements.txt $(BIN)/python
	@$(call install,tests/requirements.txt)
	@touch $@ $(VENV)/.run

$(BIN)/python:
	@$(find_python); \
	echo "[1/2] 创建虚拟环境 $(VENV)（$$("$$python" -V 2>&1)）……"; \
	log=$$(mktemp) || exit 1; \
	if "$$python" -m venv --clear $(VENV) >"$$log" 2>&1; then rm -f "$$log"; exit 0; fi; \
	rm -rf $(VENV); \
	if grep -q 'No space left' "$$log"; then $(say_disk_full); \
	elif grep -qi 'ensurepip\|No module named venv' "$$log"; then \
		echo "错误：$$python 缺少 venv 模块。Debian/Ubuntu 请执行：sudo apt install python3-venv，然后重试。" >&2; \
	else echo "错误：无法创建虚拟环境：$$(tail -n 1 "$$log")" >&2; fi; \
	rm -f "$$log"; exit 1

# The first interpreter that really runs and is new enough: `python` is set, or the shell exits.
define find_python
python=; for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		python=$$candidate; break; fi; done; \
if [ -z "$$python" ]; then \
	echo "错误：需要 Python 3.11 或更新版本（现有：$$(python3 -V 2>&1 || echo 无)）。请安装后重试，或指明位置：make PYTHON=/路径/python3.12 run" >&2; \
	exit 1; fi
endef

# pip, quietly, with a count of what it has found; what went wrong becomes one line.
define install
log=$(VENV)/pip.log; total=$$(cat requirements.txt $(1) | sort -u | grep -c '=='); \
echo "[2/2] 安装依赖（$(1)，共 $$total 个，首次约需一两分钟）……"; \
$(BIN)/python -m pip install --retries 2 -r $(1) >"$$log" 2>&1 & pip=$$!; \
trap 'kill $$pip 2>/dev/null; exit 130' INT TERM HUP; \
while kill -0 $$pip 2>/dev/null; do \
	if [ -t 1 ]; then printf '\r      %s / %s ' "$$(grep -c '==' "$$log")" "$$total"; fi; sleep 1; done; \
if [ -t 1 ]; then printf '\r                    \r'; fi; \
if ! wait $$pip; then \
	if grep -q 'No space left' "$$log"; then $(say_disk_full); \
	elif grep -qi 'connection\|timed out\|resolve\|ssl\|proxy\|could not find a version' "$$log"; then \
		echo "错误：下载依赖失败，连不上软件源。请检查网络或 pip 的镜像设置后重试；详情见 $$log" >&2; \
	else echo "错误：安装依赖失败：$$(grep -i error "$$log" | tail -n 1)；详情见 $$log" >&2; fi; \
	exit 1; fi
endef

define say_disk_full
echo "错误：磁盘空间不足。虚拟环境约需 600 MB，请清理 $$(pwd) 所在磁盘后重试。" >&2
endef
