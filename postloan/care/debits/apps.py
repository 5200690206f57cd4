from django.apps import AppConfig


class Debits(AppConfig):
    name = "postloan.care.debits"
    label = "debits"

    def ready(self) -> None:
        """Say who writes debit notices."""
        from postloan.care.debits.writing import PURPOSE, write_notices
        from postloan.care.outreach.writers import register_writer

        register_writer(purpose=PURPOSE, write=write_notices)
