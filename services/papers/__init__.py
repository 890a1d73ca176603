"""The papers that a case prints: texts, frozen content, PDF."""
