"""The words of a debit notice: how much, when, from which account, and what to do if that does not suit."""

from datetime import date

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from postloan.care.outreach.texts import MessageText
from postloan.care.reminders.wording import DATE_FORMATS, money_text

SUBJECTS = {
    "en": "We will collect {amount} on {day}",
    "zh-hans": "我们将于{day}代扣 {amount}",
}
BODIES = {
    "en": """Dear {name},

on {day} we will collect {amount} from your account {account}, as agreed in mandate {mandate}. It is for instalment {no}
of your loan {loan}.{again}

You need not do anything. Please see that the money is on the account on that day. If you would rather pay in another
way, or if the day does not suit you, pay or tell us before: {portal} or {phone}. What you pay before that day is not
collected again.

{lender}
""",
    "zh-hans": """{name}，您好：

根据您签署的代扣授权（{mandate}），我们将于{day}从您的账户 {account} 代扣 {amount}，用于归还借款 {loan} 第 {no} 期。{again}

您无需任何操作，请确保账户当日余额充足。如希望以其他方式还款或需要调整时间，请提前还款或联系我们：{portal}，电话 {phone}。
您在扣款日前已支付的款项不会重复扣除。

{lender}
""",
}
AGAIN = {
    "en": " The first try did not succeed, so we try once more.",
    "zh-hans": "此前的扣款未成功，我们将再次尝试。",
}


def debit_notice(
    *,
    name: str,
    amount_minor: int,
    currency: str,
    collect_date: date,
    account: str,
    mandate: str,
    loan: str,
    instalment_no: int,
    is_again: bool,
    language: str,
) -> MessageText:
    """Return subject and body in the customer's language (English where we have no text); `account` is masked."""
    spoken = language if language in BODIES else "en"
    with translation.override(spoken):
        facts = {
            "name": name,
            "amount": money_text(amount_minor=amount_minor, currency=currency),
            "day": date_format(collect_date, DATE_FORMATS[spoken]),
            "account": account,
            "mandate": mandate,
            "loan": loan,
            "no": instalment_no,
            "again": AGAIN[spoken] if is_again else "",
            "portal": f"{settings.SITE_URL}/portal/",
            "phone": settings.LENDER_PHONE,
            "lender": settings.LENDER_NAME,
        }
    return MessageText(subject=SUBJECTS[spoken].format(**facts), body=BODIES[spoken].format(**facts))
