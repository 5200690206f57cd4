from django.apps import AppConfig


class Reminders(AppConfig):
    name = "postloan.care.reminders"
    label = "reminders"

    def ready(self) -> None:
        """Say who writes reminders."""
        from postloan.care.outreach.writers import register_writer
        from postloan.care.reminders.writing import PURPOSE, write_reminders

        register_writer(purpose=PURPOSE, write=write_reminders)
