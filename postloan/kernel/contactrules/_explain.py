"""A decision in words, in both languages of the house: what was found, by which rule, from when it is permitted."""

from typing import Any, Literal

from postloan.kernel.contactrules._decision import Decision, Reason
from postloan.kernel.contactrules._pack import PolicyPack

Language = Literal["en", "zh"]

_SAID: dict[str, tuple[str, str]] = {
    "window": ("It is a closed hour ({start} to {end}) in {zones}.", "{zones} 当地时间处于禁止时段（{start}至{end}）。"),
    "inconvenient_time": ("The person called {start} to {end} inconvenient ({zones}).", "当事人表示{start}至{end}不便（{zones}）。"),
    "not_before": ("The person asked not to be contacted before {at}.", "当事人要求{at}之前不要联系。"),
    "inconvenient_place": ("The person called this place inconvenient: {place}.", "当事人表示该地点不便：{place}。"),
    "preferred_hours": ("The person asked for {hours} ({zones}).", "当事人要求仅在{hours}联系（{zones}）。"),
    "counter": ("{count} already count for this {subject} in the window; {limit} are allowed.", "该{subject}在统计期内已有{count}次，上限为{limit}次。"),
    "too_soon": ("The last unanswered call was less than {minutes} minutes ago.", "距上次未接拨打不足{minutes}分钟。"),
    "many_in_a_day": ("This would be call number {count} of the day.", "这将是当日第{count}次拨打。"),
    "recipient_never": ("This recipient is not contacted for this: {recipient}.", "不得为此联系该对象：{recipient}。"),
    "recipient_refused": ("The person refused to be contacted.", "该人已明确拒绝被联系。"),
    "recipient_content": ("Content of class {content} may not reach this recipient: {recipient}.", "{content}类内容不得发送给该对象：{recipient}。"),
    "no_evidence": ("The debtor is not shown to be out of reach: {failures} failures in a row, {needed} are needed.", "尚无失联证据：连续{failures}次未联系上，需{needed}次。"),
    "recipient_again": ("The person has been contacted {times} time already.", "该人已被联系{times}次。"),
    "must_come_first": ("This has to come first: {needs}.", "须先完成：{needs}。"),
    "identity_unknown": ("The person's identity is not verified.", "尚未核实身份。"),
    "private_account": ("It would be a private telephone or account.", "系使用私人电话或社交账号。"),
    "forbidden_claim": ("The text says what it must not: {claims}.", "内容含禁止表述：{claims}。"),
    "missing_disclosure": ("The text lacks: {missing}.", "内容缺少必要披露：{missing}。"),
    "template_not_approved": ("The template is not approved: {state}.", "模板未经批准：{state}。"),
    "too_long": ("The text has {characters} characters, {at_most} at most.", "内容{characters}字，上限{at_most}字。"),
    "headcount": ("{visitors} visitors; {needed} are needed.", "外访人员{visitors}人，至少{needed}人。"),
    "visit_lacks": ("The visit lacks: {missing}.", "外访缺少：{missing}。"),
    "notice": ("{hours} hours of notice; {needed} are needed.", "提前{hours}小时通知，至少{needed}小时。"),
    "entry": ("Nobody consented to the visitors' entry.", "未经同意不得进入。"),
    "asked_to_leave": ("The visitors were asked to leave.", "已被要求离开。"),
    "visit_place": ("Not a place to visit: {place}.", "不适当的走访地点：{place}。"),
    "visit_not_to": ("This person is not visited: {why}.", "不对该人进行走访：{why}。"),
    "posting": ("Nothing is posted in public.", "不得公开张贴。"),
    "part_payment": ("{amount_minor} of {due_minor} minor units: no part is debited.", "应扣{due_minor}、拟扣{amount_minor}（最小货币单位），不得部分扣款。"),
    "debit_consecutive": ("{failures} debits in a row failed; the limit is {limit}.", "已连续{failures}次扣款失败，上限{limit}次。"),
    "debit_total": ("{failures} debits failed; the limit is {limit}.", "已有{failures}次扣款失败，上限{limit}次。"),
}  # fmt: skip
_SINCE = ("Closed since: {kind}.", "已发生以下事件，暂停联系：{kind}。")
_SUBJECTS = {
    "person": ("person", "当事人"),
    "contact_point": ("contact point", "联系方式"),
    "debt": ("debt", "债务"),
    "template_and_point": ("number and template", "号码与模板"),
}


def sentences(*, decision: Decision, pack: PolicyPack, language: Language) -> list[str]:
    """Return the decision as sentences: the outcome, each reason with its rule's title and source, the earliest time."""
    side = 0 if language == "en" else 1
    lines = [_OUTCOMES[decision.outcome][side]]
    for reason in decision.reasons:
        rule = next(rule for rule in pack.entries(reason.rule) if rule.part == reason.part)
        title = rule.title.en if language == "en" else rule.title.zh
        lines.append(f"{reason.rule} {title} ({rule.source}): {said(reason=reason, language=language)}")
    if decision.earliest_at is not None:
        lines.append((_FROM[side]).format(at=decision.earliest_at.isoformat(timespec="seconds")))
    elif decision.outcome != "allow":
        lines.append(_NEVER[side])
    return lines


_OUTCOMES = {
    "allow": ("Allowed.", "允许联系。"),
    "deny": ("Not allowed.", "不允许联系。"),
    "needs_policy_choice": (
        "The wording does not decide this: the lender's policy must.",
        "规则文字未作规定，须由机构政策决定。",
    ),
}
_FROM = ("Permitted from {at} if nothing else happens.", "如无其他情况，最早可于{at}联系。")
_NEVER = ("Time alone does not change this.", "仅待时间经过不会改变结论。")


def said(*, reason: Reason, language: Language) -> str:
    """Return one reason as a sentence."""
    side = 0 if language == "en" else 1
    values: dict[str, Any] = {
        name: ", ".join(value) if isinstance(value, list) else value for name, value in reason.values.items()
    }
    if "subject" in values:
        values["subject"] = _SUBJECTS.get(values["subject"], (values["subject"],) * 2)[side]
    return _SAID.get(reason.key, _SINCE)[side].format(**values)
