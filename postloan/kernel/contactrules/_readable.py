"""A pack as text that a compliance officer can read, in either language."""

from postloan.kernel.contactrules._explain import Language
from postloan.kernel.contactrules._pack import PolicyPack
from postloan.kernel.contactrules._rules import RuleBase, Words

_HEADS = {
    "en": ("Rule", "What it says", "Source", "Sure", "In force"),
    "zh": ("规则", "内容", "依据", "可信度", "生效"),
}
_OFF = {"en": "switched off", "zh": "未启用"}
_CHOICES = {"en": "Policy choices", "zh": "政策选择"}
_OPEN = {"en": "open", "zh": "待定"}
_CHOSEN = {"en": "chosen", "zh": "已选"}


def pack_text(*, pack: PolicyPack, language: Language) -> str:
    """Return a pack as Markdown: each rule with its text, source, confidence and dates, then the policy choices."""
    lines = [f"# {_in(pack.title, language)}", "", f"`{pack.code}` {pack.version}, {pack.jurisdiction}", ""]
    lines += ["| " + " | ".join(_HEADS[language]) + " |", "|---|---|---|---|---|"]
    lines += [_row(rule, language) for rule in pack.rules]
    if pack.choices:
        lines += ["", f"## {_CHOICES[language]}", ""]
    for choice in pack.choices:
        answer = f"{_CHOSEN[language]}: {choice.chosen}" if choice.chosen else _OPEN[language]
        lines.append(
            f"- `{choice.id}` {_in(choice.question, language)} {' / '.join(choice.options)}; {answer}. {choice.why}"
        )
    return "\n".join(lines) + "\n"


def _row(rule: RuleBase, language: Language) -> str:
    source = rule.source if not rule.article or rule.article in rule.source else f"{rule.source}, {rule.article}"
    since = rule.effective_from.isoformat() if rule.effective_from else ""
    until = f"–{rule.effective_to.isoformat()}" if rule.effective_to else ""
    state = f"{since}{until}" if rule.enabled else _OFF[language]
    said = f"**{_in(rule.title, language)}.** {_in(rule.text, language)}"
    return f"| {rule.id} | {said} | {source} | {rule.confidence} | {state} |"


def _in(words: Words, language: Language) -> str:
    return words.en if language == "en" else words.zh
